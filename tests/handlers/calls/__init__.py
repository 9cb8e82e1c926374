"""Calls told right."""
