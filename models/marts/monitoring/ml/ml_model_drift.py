from targeted_lists.learning.clv import measure_clv_drift
from targeted_lists.learning.drift import join_drifts, measure_shares, read_limits
from targeted_lists.learning.models import measure_drifts


def model(dbt, session):
    """One row per model, data basis, reference and feature: how far those of today are off."""
    activity = dbt.ref("activity_features").filter("is_current").order("customer_id").df()
    response = dbt.ref("response_features").filter("is_planned").order("row_key").df()
    histories = dbt.ref("clv_histories").filter("period = 'now'").order("customer_id").df()
    activity_models = dbt.ref("ml_activity_models").df()
    response_models = dbt.ref("ml_response_models").df()
    clv_models = dbt.ref("ml_clv_models").df()
    clusters = dbt.ref("customer_clusters").filter("is_chosen").project("cluster_key").df()
    earlier = dbt.ref("cluster_history").filter("is_chosen and is_earlier").df()
    limits = read_limits(dbt.ref("alert_rules").df())
    return join_drifts(
        activity=measure_drifts(activity, rows=activity_models, limits=limits),
        response=measure_drifts(response, rows=response_models, limits=limits),
        clv=measure_clv_drift(histories, rows=clv_models, limits=limits),
        clusters=measure_shares(clusters, earlier=earlier, limits=limits),
    )
