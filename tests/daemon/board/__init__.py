"""What is told of the PBX to whoever watches."""
