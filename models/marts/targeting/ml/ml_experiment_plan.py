from python_ml.planning import plan_experiments


def model(dbt, session):
    """One row per list and metric: the size that an experiment needs, and what it can find."""
    baselines = dbt.ref("list_baselines").order("list_name, metric").df()
    meta = dbt.config.get("meta")
    return plan_experiments(baselines, **meta["planning"])
