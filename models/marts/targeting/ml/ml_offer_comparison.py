from python_ml.experiments import compare_offers


def model(dbt, session):
    """One row per metric and pair of offers: how far apart they are."""
    lifts = dbt.ref("campaign_lift")
    windows = dbt.ref("campaign_windows")
    outcomes = dbt.ref("campaign_outcomes")
    meta = dbt.config.get("meta")
    readable = lifts.filter("is_read and slice = 'all'").order("campaign_id, metric, arm").df()
    whole = outcomes.filter("slice = 'all'")
    rows = whole.order("campaign_id, metric, stratum, arm").df()
    offers = windows.order("campaign_id").df()
    offered = readable.merge(offers[["campaign_id", "offer"]], on="campaign_id")
    return compare_offers(rows, offered, **meta["comparison"])
