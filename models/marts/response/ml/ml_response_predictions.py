from python_ml.frames import to_typed
from targeted_lists.learning.models import collect_predictions


def model(dbt, session):
    """One row per past contact: the probability from models that did not see the customer."""
    models = dbt.ref("ml_response_models").df()
    meta = dbt.config.get("meta")
    return to_typed(collect_predictions(models), types=meta["types"])
