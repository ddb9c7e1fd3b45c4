from python_ml.experiments import pool_lifts


def model(dbt, session):
    """One row per list and metric: what its campaigns changed, taken together."""
    lifts = dbt.ref("campaign_lift")
    controls = dbt.ref("campaign_controls")
    shared = dbt.ref("campaign_shared_controls")
    readable = lifts.filter("is_read and slice = 'all' and list_name is not null")
    precise = readable.filter("standard_error > 0")
    return pool_lifts(
        precise.order("list_name, metric, campaign_id, arm").df(),
        controls=controls.order("campaign_id, metric").df(),
        shared=shared.order("campaign_id, other_campaign_id").df(),
    )
