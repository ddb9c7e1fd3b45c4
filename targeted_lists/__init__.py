"""What reads and writes files around the SQL: inputs, sample, runs, publication.

A room imports only rooms to its left (tests/python/test_rooms.py): `common` and `sample`, then
`saved` and `inputs`, then `learning`, `check`, `setup`, `activation`, `dashboard` and
`explore`, then `runs`, then `authoring`, then `cli`.
"""
