from python_ml.clustering import assign_customers
from targeted_lists.runs.progress import log_step


def model(dbt, session):
    """One row per customer and method: the cluster it falls in, by each method's choice."""
    inputs = dbt.ref("ml_cluster_inputs")
    models = dbt.ref("ml_cluster_models").df()
    choices = dbt.ref("cluster_evaluations").filter("is_method_choice").df()
    meta = dbt.config.get("meta")
    choices = choices[["method", "feature_set", "k", "is_chosen"]]
    models = models.merge(choices, on=["method", "feature_set", "k"])
    clusters = assign_customers(
        inputs.order("customer_id").df(),
        models,
        unsure_margin=meta["unsure_margin"],
        progress=log_step,
    )
    return clusters.merge(choices, on=["method", "k"], how="left")
