"""The built-in tasks, a folder each, and what they share."""
