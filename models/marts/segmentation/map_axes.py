from python_ml.clustering import find_axes, names_used


def model(dbt, session):
    """One row per principal component and feature."""
    inputs = dbt.ref("cluster_inputs")
    choices = dbt.ref("feature_choices").df()
    meta = dbt.config.get("meta")
    return find_axes(
        inputs.order("customer_id").df(), features=names_used(choices), **meta["fitted"]
    )
