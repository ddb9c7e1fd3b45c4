from targeted_lists.learning.clv import find_order_probabilities


def model(dbt, session):
    """One row per past campaign and customer: how likely an order was before the send."""
    histories = dbt.ref("campaign_histories").order("campaign_id, customer_id").df()
    meta = dbt.config.get("meta")
    return find_order_probabilities(
        histories,
        rows=dbt.ref("ml_clv_models").df(),
        weekly=dbt.ref("clv_weeks").order("week_start").df(),
        moment="campaign_id",
        **meta["options"],
    )
