from python_ml.clustering import fit_clusterings, rank_clusters, used_by_set
from targeted_lists.runs.progress import log_step
from targeted_lists.saved.tables import read_latest


def model(dbt, session):
    """One row per method, feature set and number of clusters: the fitted model."""
    inputs = dbt.ref("ml_cluster_inputs").order("customer_id").df()
    choices = dbt.ref("ml_cluster_feature_choices").df()
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    saved = None
    if meta["reuse_saved"]:
        saved = read_latest(meta["dataset"], "ml_cluster_models", as_of_date=as_of[0][0])
    # What was saved before feature sets competed does not say of which it is.
    if saved is not None and "feature_set" in saved:
        measures = read_latest(meta["dataset"], "ml_cluster_evaluations", as_of_date=as_of[0][0])
        # Nobody is placed by the others.
        chosen = None if measures is None else measures[measures["is_method_choice"]]
        return rank_clusters(inputs, saved, rank_by="worth", only=chosen)
    return fit_clusterings(inputs, features=used_by_set(choices), progress=log_step, **meta["fit"])
