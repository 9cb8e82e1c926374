"""The tests of the figures."""
