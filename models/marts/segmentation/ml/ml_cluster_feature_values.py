from python_ml.clustering import shrink_features


def model(dbt, session):
    """One row per customer: the features, drawn to the shop's where few orders tell them."""
    features = dbt.ref("cluster_features")
    meta = dbt.config.get("meta")
    return shrink_features(features.order("customer_id").df(), **meta["shrinking"])
