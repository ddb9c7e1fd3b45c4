from python_ml.clustering import evaluate_clusterings


def model(dbt, session):
    """One row per method and number of clusters: how good it is, and which is chosen."""
    features = dbt.ref("cluster_features")
    clusters = dbt.ref("clusters")
    meta = dbt.config.get("meta")
    return evaluate_clusterings(
        features.order("customer_id").df(),
        clusters.order("method, k, customer_id").df(),
        **meta["features"],
        **meta["evaluation"],
    )
