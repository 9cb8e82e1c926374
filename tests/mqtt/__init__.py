"""The daemon beside a real broker: mosquitto, one of its own for each test."""
