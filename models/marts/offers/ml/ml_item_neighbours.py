from python_ml.recommendations import draw_customers, find_similar_items


def model(dbt, session):
    """One row per product and similar product."""
    known = dbt.ref("customer_products").filter("current_purchases > 0")
    known = known.project("customer_id, product_id")
    customers = known.project("customer_id").distinct().df()["customer_id"]
    drawn = session.from_df(draw_customers(customers).to_frame())
    meta = dbt.config.get("meta")
    return find_similar_items(known.join(drawn, "customer_id").df(), **meta["likeness"])
