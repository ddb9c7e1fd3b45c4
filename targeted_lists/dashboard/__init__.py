"""The dashboard: one page that holds all it shows, made of a published file alone."""
