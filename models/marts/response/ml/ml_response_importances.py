from targeted_lists.learning.models import collect_tables


def model(dbt, session):
    """One row per feature: how much the model loses without it."""
    models = dbt.ref("ml_response_models").df()
    return collect_tables(models, "importances")
