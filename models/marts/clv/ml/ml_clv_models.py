from targeted_lists.learning.clv import provide_clv_models
from targeted_lists.learning.drift import read_limits
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row: the models of lifetime value, kept or new, with all that was measured."""
    histories = dbt.ref("clv_histories").order("period, customer_id").df()
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    return provide_clv_models(
        histories,
        cuts=dbt.ref("clv_cuts").filter("period <> 'now'").order("cut_date").df(),
        weekly=dbt.ref("clv_weeks").order("week_start").df(),
        limits=read_limits(dbt.ref("alert_rules").df()),
        as_of_date=as_of[0][0],
        progress=log_step,
        **meta["options"],
    )
