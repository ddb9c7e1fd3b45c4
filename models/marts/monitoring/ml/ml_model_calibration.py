from python_ml.outcomes import measure_calibration


def model(dbt, session):
    """One row per data basis, model, campaign, day and decile: predicted and true shares."""
    outcomes = dbt.ref("model_outcomes")
    return measure_calibration(outcomes.order("model, scored_date, campaign_id, customer_id").df())
