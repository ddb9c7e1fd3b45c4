from python_ml.classification import score_customers
from targeted_lists.learning.models import unpack_classifier


def model(dbt, session):
    """One row per customer and planned campaign: the probability of a response, and why."""
    features = dbt.ref("response_features")
    models = dbt.ref("ml_response_models").df()
    meta = dbt.config.get("meta")
    return score_customers(
        features.filter("is_planned").order("row_key").df(),
        trained=unpack_classifier(models),
        max_reasons=meta["max_reasons"],
    )
