from python_ml.clustering import choose_features
from targeted_lists.saved.tables import read_latest


def model(dbt, session):
    """One row per feature set and feature: whether it is used, how it is scaled, why."""
    features = dbt.ref("ml_cluster_feature_values")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    saved = None
    if meta["reuse_saved"]:
        saved = read_latest(meta["dataset"], "ml_cluster_feature_choices", as_of_date=as_of[0][0])
    # What was saved before feature sets competed does not say of which it is.
    if saved is not None and "feature_set" in saved:
        return saved
    return choose_features(features.order("customer_id").df(), **meta["choice"])
