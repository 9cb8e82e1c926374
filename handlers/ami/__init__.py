"""What Asterisk's Manager Interface says: bytes to messages, messages to typed events. Pure, incremental, bounded."""
