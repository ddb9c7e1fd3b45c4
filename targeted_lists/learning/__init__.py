"""Fitted models as rows of tables: saved, found again, tuned and compared with today."""
