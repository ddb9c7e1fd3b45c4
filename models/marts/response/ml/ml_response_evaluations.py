from targeted_lists.learning.models import collect_tables


def model(dbt, session):
    """One row per model and baseline: how well it predicts an answer, and which is chosen."""
    models = dbt.ref("ml_response_models").df()
    return collect_tables(models, "evaluations")
