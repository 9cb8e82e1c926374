"""A real Asterisk on loopback, unpacked from Debian's own packages, and phones that really call (no root, ten seconds)."""
