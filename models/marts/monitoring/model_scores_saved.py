from datetime import timedelta

import pandas as pd

from targeted_lists.state import read_earlier


def model(dbt, session):
    """One row per earlier run, model, campaign and customer: the score of that day."""
    as_of = dbt.ref("int_as_of_date").fetchall()[0][0]
    meta = dbt.config.get("meta")
    found = []
    for name, requested in meta["models"].items():
        until = as_of and as_of - timedelta(days=requested["known_after_days"])
        rows = read_earlier(until=until, days=requested["runs"], **meta["table"])
        found.append(rows[rows["model"] == name])
    return pd.concat(found, ignore_index=True)
