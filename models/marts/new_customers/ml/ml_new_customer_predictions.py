import pandas as pd

from python_ml.new_customers import score_new_customers


def model(dbt, session):
    """One row per current new customer and target: the labels that are likeliest."""
    features = dbt.ref("new_customer_features").filter("is_current")
    purchases = dbt.ref("new_customer_purchases").filter("is_current")
    models = dbt.ref("ml_new_customer_models").df()
    meta = dbt.config.get("meta")
    # Part by part, so that many customers need no more memory than one part.
    parts = 1 + len(features) // meta["customers_at_a_time"]
    scores = []
    for part in (f"hash(customer_id) % {parts} = {number}" for number in range(parts)):
        rows = features.filter(part).order("customer_id").df()
        bought = purchases.filter(part).order("customer_id, order_number, product_id").df()
        scores.append(score_new_customers(rows, bought, models))
    return pd.concat(scores, ignore_index=True)
