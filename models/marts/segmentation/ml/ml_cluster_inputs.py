from python_ml.clustering import scale_features


def model(dbt, session):
    """One row per customer: the scaled features, and what the customer is to the fit."""
    features = dbt.ref("ml_cluster_feature_values")
    choices = dbt.ref("ml_cluster_feature_choices")
    meta = dbt.config.get("meta")
    return scale_features(features.order("customer_id").df(), choices.df(), **meta["scaling"])
