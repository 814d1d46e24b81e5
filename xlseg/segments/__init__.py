"""Segments: the rules an analyst edits, the label of every customer by them, and when a label counts."""
