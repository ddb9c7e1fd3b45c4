from python_ml.classification import score_customers
from targeted_lists.models import unpack_classifier


def model(dbt, session):
    """One row per regular customer: the probability of a decline, and what raises it."""
    features = dbt.ref("activity_features")
    models = dbt.ref("classifier_models").df()
    meta = dbt.config.get("meta")
    return score_customers(
        features.filter("is_current").order("customer_id").df(),
        trained=unpack_classifier(models),
        **meta["scoring"],
    )
