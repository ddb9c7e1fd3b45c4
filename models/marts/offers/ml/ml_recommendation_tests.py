from targeted_lists.learning.offers import compare_methods
from targeted_lists.learning.shop import Shop
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row per period, regime, method, customer and offer: what would have been offered."""
    shop = Shop(
        session=session,
        lines=dbt.ref("fct_order_lines"),
        days=dbt.ref("recommendation_days"),
        products=dbt.ref("recommendation_products"),
        rules=dbt.ref("recommendation_rule_products"),
        segments=dbt.ref("recommendation_segments"),
    )
    meta = dbt.config.get("meta")
    return compare_methods(shop, progress=log_step, **meta["sizes"])
