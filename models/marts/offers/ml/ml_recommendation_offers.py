from targeted_lists.learning.offers import keep_texts, score_offers
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
    chosen = dbt.ref("recommendation_evaluations").filter("is_chosen and k = 5")
    meta = dbt.config.get("meta")
    return keep_texts(session, score_offers(shop, chosen.df(), **meta["sizes"]))
