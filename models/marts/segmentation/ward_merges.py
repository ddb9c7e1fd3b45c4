from python_ml.clustering import merge_customers, names_used


def model(dbt, session):
    """One row per merge of Ward's dendrogram."""
    inputs = dbt.ref("cluster_inputs")
    choices = dbt.ref("feature_choices").df()
    meta = dbt.config.get("meta")
    return merge_customers(
        inputs.order("customer_id").df(), features=names_used(choices), **meta["fitted"]
    )
