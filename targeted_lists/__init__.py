"""What reads and writes files around the SQL: inputs, sample, runs, publication."""
