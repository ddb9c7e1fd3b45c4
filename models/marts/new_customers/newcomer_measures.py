from python_ml.newcomers import evaluate_newcomers


def model(dbt, session):
    """One row per target, number of receipts and model: how often it is right."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    meta = dbt.config.get("meta")
    return evaluate_newcomers(
        features.order("customer_id, receipts_used").df(),
        labels.order("customer_id, receipts_used, target").df(),
        **meta["columns"],
        **meta["evaluation"],
    )
