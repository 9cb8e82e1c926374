"""The unit under a real systemd as PID 1."""
