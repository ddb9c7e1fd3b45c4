from python_ml.effects import learn_effects


def model(dbt, session):
    """One row per list, variant and segment: what a message changes."""
    contacts = dbt.ref("effect_contacts").order("list_name, campaign_id, customer_id").df()
    priors = dbt.ref("list_priors").df()
    return learn_effects(contacts, priors=priors)
