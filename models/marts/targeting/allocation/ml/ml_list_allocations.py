from python_ml.allocation import allocate


def model(dbt, session):
    """One row per list, candidate, offer and channel: who gets what of one shared budget."""
    candidates = dbt.ref("allocation_candidates")
    candidates = candidates.order("customer_id, list_name, variant, channel").df()
    lists = dbt.ref("allocation_lists").order("list_name").df()
    meta = dbt.config.get("meta")
    return allocate(
        candidates.drop(columns="expected_value").rename(columns={"weight": "expected_value"}),
        lists=lists,
        **meta["options"],
    )
