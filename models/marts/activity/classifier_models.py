from targeted_lists.models import provide_classifier
from targeted_lists.progress import log_step


def model(dbt, session):
    """One row: the chosen model, kept or fitted anew, with all that was measured of it."""
    features = dbt.ref("activity_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    labelled = features.filter("is_declined is not null").order("customer_id, cutoff_at").df()
    return provide_classifier(
        labelled,
        dataset=meta["dataset"],
        as_of_date=as_of[0][0],
        fit=meta["fit"],
        columns=meta["columns"],
        training_options=meta["training"],
        progress=log_step,
    )
