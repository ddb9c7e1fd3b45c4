from targeted_lists.learning.clv import score_clv


def model(dbt, session):
    """One row per customer who ever bought: what they will order, or why that is not known."""
    histories = dbt.ref("clv_histories").filter("period = 'now'").order("customer_id").df()
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    return score_clv(
        histories,
        rows=dbt.ref("ml_clv_models").df(),
        weekly=dbt.ref("clv_weeks").order("week_start").df(),
        as_of_date=as_of[0][0],
        **meta["options"],
    )
