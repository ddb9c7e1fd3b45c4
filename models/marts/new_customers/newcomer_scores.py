from python_ml.newcomers import score_newcomers


def model(dbt, session):
    """One row per current newcomer and target: what is foretold, by the chosen model."""
    features = dbt.ref("new_customer_features")
    models = dbt.ref("newcomer_models").df()
    return score_newcomers(features.filter("is_current").order("customer_id").df(), models)
