from targeted_lists.models import unpack_classifier


def model(dbt, session):
    """One row per feature: how much the best model loses without it."""
    models = dbt.ref("classifier_models").df()
    return unpack_classifier(models).importances
