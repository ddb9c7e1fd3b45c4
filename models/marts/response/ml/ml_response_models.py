from targeted_lists.learning.drift import read_limits
from targeted_lists.learning.models import provide_classifier
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row: the chosen model, kept or new, with all that was measured."""
    features = dbt.ref("response_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    rules = dbt.ref("alert_rules").df()
    meta = dbt.config.get("meta")
    return provide_classifier(
        features.filter("not is_planned").order("row_key, campaign_id, customer_id").df(),
        current=features.filter("is_planned").order("row_key, campaign_id, customer_id").df(),
        limits=read_limits(rules),
        as_of_date=as_of[0][0],
        progress=log_step,
        **meta["options"],
    )
