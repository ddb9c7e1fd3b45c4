from targeted_lists.campaigns import read_assignments


def model(dbt, session):
    """One row per campaign exported as of an earlier day and customer assigned in it."""
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    return read_assignments(meta["dataset"], before=as_of[0][0])
