from python_ml.new_customers import evaluate_new_customers


def model(dbt, session):
    """One row per target, number of orders and model: how often it is right."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    meta = dbt.config.get("meta")
    return evaluate_new_customers(
        features.order("customer_id, orders_used").df(),
        labels.order("customer_id, orders_used, target").df(),
        **meta["columns"],
        **meta["evaluation"],
    )
