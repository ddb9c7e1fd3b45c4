"""The dashboard: one self-contained page, made from a published file alone."""
