from python_ml.outcomes import measure_performance


def model(dbt, session):
    """One row per model, data basis, campaign and day of the scores: what they were worth."""
    outcomes = dbt.ref("model_outcomes")
    return measure_performance(outcomes.order("model, scored_date, campaign_id, customer_id").df())
