from targeted_lists.learning.offers import score_offers
from targeted_lists.learning.shop import Shop


def model(dbt, session):
    """One row per regime, customer and offer: what the chosen methods offer now."""
    shop = Shop(
        session=session,
        lines=dbt.ref("fct_order_lines"),
        days=dbt.ref("recommendation_days"),
        products=dbt.ref("recommendation_products"),
        rules=dbt.ref("recommendation_rule_products"),
        segments=dbt.ref("recommendation_segments"),
    )
    chosen = dbt.ref("recommendation_evaluations").filter(
        "is_chosen and k = 5 and period = 'validation' and regime <> 'all'"
    )
    meta = dbt.config.get("meta")
    offers = session.from_df(score_offers(shop, chosen.order("regime").df(), **meta["sizes"]))
    # Millions of rows: their keys come as categories, which are no type to keep.
    keys = ("regime", "customer_id", "product_id", "method")
    texts = ", ".join(f"cast({key} as varchar) as {key}" for key in keys)
    return offers.project(f"{texts}, place, score")
