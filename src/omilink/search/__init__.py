"""Finds words again."""
