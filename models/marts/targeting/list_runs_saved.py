from targeted_lists.state import read_history


def model(dbt, session):
    """One row per kept day, list and as-of date: the lists of the runs before this one."""
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    return read_history(meta["dataset"], "list_runs", as_of_date=as_of[0][0], types=meta["types"])
