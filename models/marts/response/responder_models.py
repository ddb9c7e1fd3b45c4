from targeted_lists.models import provide_classifier
from targeted_lists.progress import log_step


def model(dbt, session):
    """One row: the chosen model, kept or new, with all that was measured."""
    features = dbt.ref("response_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    labelled = features.filter("not is_planned").order("row_key, campaign_id, customer_id").df()
    return provide_classifier(
        labelled,
        dataset=meta["dataset"],
        as_of_date=as_of[0][0],
        fit=meta["fit"],
        table=meta["table"],
        columns=meta["columns"],
        training_options=meta["training"],
        progress=log_step,
    )
