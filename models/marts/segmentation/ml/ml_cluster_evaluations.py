from python_ml.clustering import evaluate_clusterings
from targeted_lists.runs.progress import log_step
from targeted_lists.saved.tables import read_latest


def model(dbt, session):
    """One row per method, feature set and number of clusters: how good, and which is chosen."""
    inputs = dbt.ref("ml_cluster_inputs")
    models = dbt.ref("ml_cluster_models")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    saved = None
    if meta["reuse_saved"]:
        saved = read_latest(meta["dataset"], "ml_cluster_evaluations", as_of_date=as_of[0][0])
    # What was saved before feature sets competed does not say of which it is.
    if saved is not None and "feature_set" in saved:
        return saved
    return evaluate_clusterings(
        inputs.order("customer_id").df(), models.df(), progress=log_step, **meta["evaluation"]
    )
