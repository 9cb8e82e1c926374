"""The call-back page in a real Chromium: the list, and what people do with it."""
