"""What events mean. Pure: no I/O, no clock, no log; time comes in as an argument."""
