from targeted_lists.drift import read_limits
from targeted_lists.models import measure_drifts


def model(dbt, session):
    """One row per data basis, reference and feature: how far those scored today are off."""
    features = dbt.ref("response_features")
    models = dbt.ref("ml_response_models").df()
    rules = dbt.ref("alert_rules").df()
    return measure_drifts(
        features.filter("is_planned").order("row_key").df(),
        rows=models,
        data_basis=None,
        limits=read_limits(rules),
    )
