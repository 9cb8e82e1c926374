"""Documents that are written from the code's own definitions, and what holds the daemon to them."""
