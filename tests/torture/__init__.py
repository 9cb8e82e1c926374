"""Faults on purpose: lines that fail, parts that die."""
