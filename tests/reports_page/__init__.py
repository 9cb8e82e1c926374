"""The reports page in a real browser."""
