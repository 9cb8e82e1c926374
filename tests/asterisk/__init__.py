"""Against real Asterisk, 22 and 16."""
