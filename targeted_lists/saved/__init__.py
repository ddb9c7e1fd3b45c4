"""What outlives a rebuild, in `state/DATASET`: saved tables, campaigns and the salt."""
