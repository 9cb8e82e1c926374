"""The live state in a terminal."""
