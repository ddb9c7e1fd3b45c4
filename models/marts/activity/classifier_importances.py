from python_ml.classification import measure_importances


def model(dbt, session):
    """One row per feature: how much the logistic regression loses without it."""
    features = dbt.ref("activity_features")
    meta = dbt.config.get("meta")
    return measure_importances(
        features.filter("not is_current").order("customer_id, cutoff_at").df(),
        **meta["columns"],
        **meta["importance"],
    )
