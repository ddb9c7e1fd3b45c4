import pandas as pd

from python_ml.recommendations import draw_customers, find_similar_items


def model(dbt, session):
    """One row per day, product and similar product."""
    purchases = dbt.ref("customer_products")
    meta = dbt.config.get("meta")
    found = []
    for as_of in ("evaluation", "current"):
        known = purchases.filter(f"{as_of}_purchases > 0").project("customer_id, product_id")
        customers = known.project("customer_id").distinct().df()["customer_id"]
        drawn = session.from_df(draw_customers(customers).to_frame())
        similar = find_similar_items(known.join(drawn, "customer_id").df(), **meta["likeness"])
        found.append(similar.assign(as_of=as_of))
    return pd.concat(found)
