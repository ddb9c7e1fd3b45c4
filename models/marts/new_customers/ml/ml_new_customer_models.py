from python_ml.new_customers import Columns, fit_new_customers


def model(dbt, session):
    """One row per target and number of orders that may be predicted: the method, fitted."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    purchases = dbt.ref("new_customer_purchases").filter("is_sampled")
    measures = dbt.ref("ml_new_customer_evaluations")
    meta = dbt.config.get("meta")
    customers = purchases.project("customer_id").distinct()
    return fit_new_customers(
        features.join(customers, "customer_id").order("customer_id, orders_used").df(),
        labels.join(customers, "customer_id").order("customer_id, orders_used, target").df(),
        purchases.order("customer_id, order_number, product_id").df(),
        measures.filter("is_accepted").df(),
        columns=Columns(**meta["columns"]),
    )
