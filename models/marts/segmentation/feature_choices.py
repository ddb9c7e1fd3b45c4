from python_ml.clustering import choose_features
from targeted_lists.state import read_latest


def model(dbt, session):
    """One row per feature set and feature: whether it is used, how it is scaled, why."""
    features = dbt.ref("shrunk_features")
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    kept = None
    if meta["reuse_saved"]:
        kept = read_latest(meta["dataset"], "feature_choices", as_of_date=as_of[0][0])
    # What was kept before feature sets competed does not say of which it is.
    if kept is not None and "feature_set" in kept:
        return kept
    return choose_features(features.order("customer_id").df(), **meta["choice"])
