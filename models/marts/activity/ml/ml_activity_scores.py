from targeted_lists.learning.models import score_by_data_basis


def model(dbt, session):
    """One row per scored customer: the probability of a decline, and what raises it."""
    features = dbt.ref("activity_features")
    models = dbt.ref("ml_activity_models").df()
    meta = dbt.config.get("meta")
    return score_by_data_basis(
        features.filter("is_current").order("customer_id").df(),
        rows=models,
        data_basis=meta["data_basis"],
        max_reasons=meta["max_reasons"],
    )
