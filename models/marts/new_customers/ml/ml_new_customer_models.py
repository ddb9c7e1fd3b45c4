from python_ml.new_customers import fit_new_customers


def model(dbt, session):
    """One row per target and number of orders: the chosen model, fitted."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    measures = dbt.ref("ml_new_customer_evaluations")
    meta = dbt.config.get("meta")
    return fit_new_customers(
        features.order("customer_id, orders_used").df(),
        labels.order("customer_id, orders_used, target").df(),
        measures.filter("is_chosen").df(),
        **meta["columns"],
    )
