from targeted_lists.state import read_history


def model(dbt, session):
    """One row per kept day, measure, subject and as-of date: what the runs before this counted."""
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    return read_history(
        meta["dataset"], "run_measures", as_of_date=as_of[0][0], types=meta["types"]
    )
