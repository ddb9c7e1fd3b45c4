from targeted_lists.models import provide_classifiers
from targeted_lists.progress import log_step


def model(dbt, session):
    """One row per population: the chosen model, kept or new, with all that was measured."""
    features = dbt.ref("activity_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    labelled = features.filter("is_declined is not null").order("customer_id, cutoff_at").df()
    return provide_classifiers(
        labelled,
        **meta["populations"],
        dataset=meta["dataset"],
        as_of_date=as_of[0][0],
        fit=meta["fit"],
        columns=meta["columns"],
        training_options=meta["training"],
        progress=log_step,
    )
