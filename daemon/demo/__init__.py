"""A simulated PBX: an AMI server of our own that replays traffic recorded from a real Asterisk, with fresh ids and times; and a broker."""
