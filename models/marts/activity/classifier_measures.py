from python_ml.classification import evaluate_classifiers


def model(dbt, session):
    """One row per model and baseline: how well it foretells a decline, and which is chosen."""
    features = dbt.ref("activity_features")
    meta = dbt.config.get("meta")
    return evaluate_classifiers(
        features.filter("not is_current").order("customer_id, cutoff_at").df(),
        **meta["columns"],
        **meta["baseline"],
        **meta["evaluation"],
    )
