"""Cases: who was missed, and what became of him."""
