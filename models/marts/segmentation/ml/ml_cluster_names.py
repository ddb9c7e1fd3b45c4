import pandas as pd

from python_ml.clustering import match_clusters


def model(dbt, session):
    """One row per method and cluster: the key that it has from run to run."""
    clusters = (
        dbt.ref("ml_customer_clusters").project("customer_id, method, cluster, is_chosen").df()
    )
    history = dbt.ref("cluster_history")
    history = history.project("saved_date, customer_id, method, cluster_key, is_chosen").df()
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    day = str(as_of[0][0])[:10]
    today = pd.Timestamp(day) if as_of[0][0] else pd.NaT
    latest = history[history["saved_date"] == history["saved_date"].max()]
    earlier = history[history["saved_date"] < today]
    return match_clusters(clusters, latest, earlier=earlier, born=day, **meta["matching"])
