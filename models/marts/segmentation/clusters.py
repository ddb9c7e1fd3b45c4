from python_ml.clustering import fit_clusterings


def model(dbt, session):
    """One row per customer, method and number of clusters: the cluster it falls in."""
    features = dbt.ref("cluster_features")
    meta = dbt.config.get("meta")
    return fit_clusterings(features.order("customer_id").df(), **meta["features"], **meta["fit"])
