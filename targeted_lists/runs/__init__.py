"""A run of dbt from its start to its end: what it adds to, who it erases, what it publishes."""
