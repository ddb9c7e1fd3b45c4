from python_ml.clustering import merge_customers, names_used


def model(dbt, session):
    """One row per merge of Ward's dendrogram."""
    inputs = dbt.ref("ml_cluster_inputs")
    choices = dbt.ref("ml_cluster_feature_choices").df()
    shown = dbt.ref("cluster_evaluations").filter(
        "method in ('ward', 'none') and is_method_choice"
    )
    shown = shown.order("method desc").project("feature_set").fetchall()
    features = names_used(choices[choices["feature_set"] == shown[0][0]])
    meta = dbt.config.get("meta")
    return merge_customers(inputs.order("customer_id").df(), features=features, **meta["fitted"])
