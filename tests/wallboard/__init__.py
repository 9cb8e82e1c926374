"""The wallboard in a real browser."""
