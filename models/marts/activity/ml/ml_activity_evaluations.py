from targeted_lists.learning.models import collect_tables


def model(dbt, session):
    """One row per data basis and model or baseline: how well it predicts, and which is chosen."""
    models = dbt.ref("ml_activity_models").df()
    return collect_tables(models, "evaluations")
