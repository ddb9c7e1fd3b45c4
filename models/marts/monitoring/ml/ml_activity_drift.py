from targeted_lists.drift import read_limits
from targeted_lists.models import measure_drifts


def model(dbt, session):
    """One row per data basis, reference and feature: how far those scored today are off."""
    features = dbt.ref("activity_features")
    models = dbt.ref("ml_activity_models").df()
    rules = dbt.ref("alert_rules").df()
    return measure_drifts(
        features.filter("is_current").order("customer_id").df(),
        rows=models,
        data_basis="data_basis",
        limits=read_limits(rules),
    )
