from targeted_lists.models import unpack_classifier


def model(dbt, session):
    """One row per model and tenth of its probabilities: what was foretold and what came."""
    models = dbt.ref("classifier_models").df()
    return unpack_classifier(models).deciles
