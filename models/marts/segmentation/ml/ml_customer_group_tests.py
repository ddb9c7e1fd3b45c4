from python_ml.groups import compare_groups


def model(dbt, session):
    """One row per grouping, characteristic, group and member: how far from the others."""
    characteristics = dbt.ref("customer_characteristics")
    members = dbt.ref("customer_group_members")
    families = dbt.ref("customer_group_characteristics")
    meta = dbt.config.get("meta")
    members = members.project("customer_id, grouping, group_key")
    rows = characteristics.join(members, "customer_id")
    rows = rows.join(families, "grouping, characteristic")
    rows = rows.order("grouping, characteristic, group_key, customer_id")
    return compare_groups(rows.df(), **meta["comparison"])
