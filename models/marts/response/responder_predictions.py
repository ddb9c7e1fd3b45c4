from targeted_lists.models import collect_tables


def model(dbt, session):
    """One row per past contact: the probability from models that did not see the customer."""
    models = dbt.ref("responder_models").df()
    return collect_tables(models, "predictions")
