"""For who changes the project: a list of one's own, and the lineage picture."""
