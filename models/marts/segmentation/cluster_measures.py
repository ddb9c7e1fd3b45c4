from python_ml.clustering import evaluate_clusterings
from targeted_lists.progress import log_step


def model(dbt, session):
    """One row per method and number of clusters: how good it is, and which is chosen."""
    inputs = dbt.ref("cluster_inputs")
    models = dbt.ref("cluster_models")
    meta = dbt.config.get("meta")
    return evaluate_clusterings(
        inputs.order("customer_id").df(), models.df(), progress=log_step, **meta["evaluation"]
    )
