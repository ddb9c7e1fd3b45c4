from targeted_lists.learning.models import collect_tables


def model(dbt, session):
    """One row per data basis, model and decile of its probabilities: predicted and true shares."""
    models = dbt.ref("ml_activity_models").df()
    return collect_tables(models, "deciles")
