from python_ml.clustering import describe_maps


def model(dbt, session):
    """One row per self-organising map, unit and feature."""
    inputs = dbt.ref("ml_cluster_inputs")
    models = dbt.ref("ml_cluster_models").df()
    choices = dbt.ref("cluster_evaluations").filter("is_method_choice").df()
    models = models.merge(
        choices[["method", "feature_set", "k"]], on=["method", "feature_set", "k"]
    )
    return describe_maps(inputs.order("customer_id").df(), models)
