from targeted_lists.campaigns import read_clusters


def model(dbt, session):
    """One row per campaign and customer: the cluster in the last run before the send."""
    windows = dbt.ref("int_campaign_windows").order("campaign_id").df()
    meta = dbt.config.get("meta")
    return read_clusters(meta["dataset"], windows)
