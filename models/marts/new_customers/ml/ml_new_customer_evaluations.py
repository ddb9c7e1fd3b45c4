from python_ml.new_customers import Columns, evaluate_new_customers


def model(dbt, session):
    """One row per target, number of orders and method: how well it ranks what came."""
    features = dbt.ref("new_customer_features")
    labels = dbt.ref("new_customer_labels")
    purchases = dbt.ref("new_customer_purchases").filter("is_sampled")
    meta = dbt.config.get("meta")
    customers = purchases.project("customer_id").distinct()
    return evaluate_new_customers(
        features.join(customers, "customer_id").order("customer_id, orders_used").df(),
        labels.join(customers, "customer_id").order("customer_id, orders_used, target").df(),
        purchases.order("customer_id, order_number, product_id").df(),
        columns=Columns(**meta["columns"]),
        **meta["evaluation"],
    )
