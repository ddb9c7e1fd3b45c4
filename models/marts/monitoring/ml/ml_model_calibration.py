from python_ml.outcomes import measure_calibration


def model(dbt, session):
    """One row per model, data basis, campaign, day of the scores and tenth: predicted and true."""
    outcomes = dbt.ref("model_outcomes")
    return measure_calibration(outcomes.order("model, scored_date, campaign_id, customer_id").df())
