from targeted_lists.models import collect_tables


def model(dbt, session):
    """One row per data basis, model and tenth of its probabilities: what was predicted and came."""
    models = dbt.ref("ml_activity_models").df()
    return collect_tables(models, "deciles")
