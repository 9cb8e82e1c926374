"""`ringtally top`: the live state in a terminal, for whoever is logged in by SSH; it asks the daemon's own HTTP server."""
