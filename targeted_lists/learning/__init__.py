"""Fitted models as rows of tables: kept, found again, tuned and compared with today."""
