from targeted_lists.drift import measure_shares, read_limits


def model(dbt, session):
    """One row: how far the shares of the clusters are from those of the last run."""
    clusters = dbt.ref("customer_clusters").filter("is_chosen").project("cluster_key")
    history = dbt.ref("cluster_history").filter("is_chosen")
    as_of = dbt.ref("int_as_of_date").fetchall()[0][0]
    rules = dbt.ref("alert_rules").df()
    earlier = history.filter(f"saved_date < try_cast('{as_of}' as date)").project("cluster_key")
    return measure_shares(
        clusters.df(), earlier=earlier.df(), category="cluster_key", limits=read_limits(rules)
    )
