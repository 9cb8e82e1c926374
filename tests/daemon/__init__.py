"""What runs things."""
