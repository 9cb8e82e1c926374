"""The AsyncAPI document as AsyncAPI's own parser sees it."""
