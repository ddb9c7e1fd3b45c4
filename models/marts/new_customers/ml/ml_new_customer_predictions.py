from python_ml.new_customers import score_new_customers


def model(dbt, session):
    """One row per current new customer and target: what is predicted, by the chosen model."""
    features = dbt.ref("new_customer_features")
    models = dbt.ref("ml_new_customer_models").df()
    return score_new_customers(features.filter("is_current").order("customer_id").df(), models)
