"""The tests of what reports look like."""
