from targeted_lists.learning.drift import read_limits
from targeted_lists.learning.models import provide_classifiers
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row per data basis: the chosen model, kept or new, with all that was measured."""
    features = dbt.ref("activity_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    rules = dbt.ref("alert_rules").df()
    meta = dbt.config.get("meta")
    return provide_classifiers(
        features.filter("is_declined is not null").order("customer_id, cutoff_at").df(),
        current=features.filter("is_current").order("customer_id, cutoff_at").df(),
        limits=read_limits(rules),
        as_of_date=as_of[0][0],
        progress=log_step,
        **meta["data_bases"],
        **meta["options"],
    )
