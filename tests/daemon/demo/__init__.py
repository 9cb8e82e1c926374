"""The simulated PBX, its traffic, and the demo that shows both."""
