"""Settings, and what is shipped for others' programs."""
