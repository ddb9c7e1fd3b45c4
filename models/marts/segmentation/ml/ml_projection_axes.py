from python_ml.clustering import find_axes, names_used


def model(dbt, session):
    """One row per principal component and feature."""
    inputs = dbt.ref("ml_cluster_inputs")
    choices = dbt.ref("ml_cluster_feature_choices").df()
    shown = dbt.ref("cluster_evaluations").filter("is_chosen")
    shown = shown.order("method desc").project("feature_set").fetchall()
    features = names_used(choices[choices["feature_set"] == shown[0][0]])
    meta = dbt.config.get("meta")
    return find_axes(inputs.order("customer_id").df(), features=features, **meta["fitted"])
