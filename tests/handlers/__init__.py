"""What events mean: dialogues, properties, recordings."""
