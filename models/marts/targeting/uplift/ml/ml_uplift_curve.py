from python_ml.uplift import draw_curves


def model(dbt, session):
    """One row per ranking and decile: its Qini curve."""
    predictions = dbt.ref("ml_uplift_predictions")
    return draw_curves(predictions.order("customer_id, campaign_id").df())
