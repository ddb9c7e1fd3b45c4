from python_ml.clustering import match_clusters


def model(dbt, session):
    """One row per method and cluster: the key that it has from run to run."""
    clusters = dbt.ref("clusters").df()
    history = dbt.ref("cluster_history").df()
    as_of = dbt.ref("int_as_of_date").fetchall()
    meta = dbt.config.get("meta")
    day = str(as_of[0][0])[:10]
    latest = history[history["kept_date"] == history["kept_date"].max()]
    earlier = history[history["kept_date"].astype(str).str[:10] < day]
    return match_clusters(clusters, latest, earlier=earlier, born=day, **meta["matching"])
