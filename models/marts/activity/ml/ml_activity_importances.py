from targeted_lists.learning.models import collect_tables


def model(dbt, session):
    """One row per data basis and feature: how much the best model loses without it."""
    models = dbt.ref("ml_activity_models").df()
    return collect_tables(models, "importances")
