from targeted_lists.models import unpack_classifier


def model(dbt, session):
    """One row per model and baseline: how well it foretells a decline, and which is chosen."""
    models = dbt.ref("classifier_models").df()
    return unpack_classifier(models).evaluations
