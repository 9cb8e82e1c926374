"""Typed settings and their loader, and what is shipped for others' programs."""
