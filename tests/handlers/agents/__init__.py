"""Agents told right."""
