"""The sample's lists hold whom they should, and nobody whom they must not.

Everything is worked out again from the raw files and the planted truth, with pandas alone.
`python tests/python/test_lists.py published/sample.duckdb` prints how well the lists did.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
AS_OF = pd.Timestamp("2026-07-01")
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
ERASED = "C00003"
PHONE = r"\+?[0-9 ().-]{7,}"


def read_raw(name: str) -> pd.DataFrame:
    """Return an input of the sample as text, without the records that are too long."""
    (path,) = SAMPLE.glob(f"{name}.csv*")
    return pd.read_csv(path, dtype=str, on_bad_lines="skip")


def read_table(database: Path, table: str) -> pd.DataFrame:
    """Return a table of the file for readers."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"select * from {table}").df()


def find_targets() -> dict[str, set[str]]:
    """Return whom each list is after, by the planted truth.

    Who is to be retained is in a planted fall of activity that is under way at the end, or
    begins within the 60 days after it; `fall ahead` is the harder half of it, those whose
    activity after the end is well below that before.
    """
    truth = read_raw("truth/customers").set_index("customer_id")
    segment = truth["segment"]
    falls = read_raw("truth/declines")
    is_current = falls["recovery_date"].isna() | (falls["recovery_date"] > "2026-07-01")
    return {
        "win_back": set(truth.index[segment == "lapsed"]),
        "retain_declining": set(
            falls.loc[(falls["start_date"] <= "2026-08-30") & is_current, "customer_id"]
        ),
        "retain_declining, fall ahead": set(truth.index[truth["declines_after_end"] == "true"]),
        "second_purchase": set(truth.index[segment == "new_customer"]),
        "loyal_rewards": set(truth.index[segment.isin(["champion", "family_basket"])]),
        "cross_sell": {customer for customer, _ in find_missing_partners()},
    }


def find_missing_partners() -> set[tuple[str, str]]:
    """Return customer and product where the customer bought only the first of a planted pair."""
    lines = read_raw("order_lines").dropna(subset=["customer_id"])
    bought = lines[lines["status"] == "delivered"]
    owned = set(zip(bought["customer_id"], bought["product_id"], strict=True))
    pairs = read_raw("truth/product_pairs")
    partner = dict(zip(pairs["antecedent"], pairs["consequent"], strict=True))
    return {
        (customer, partner[product])
        for customer, product in owned
        if product in partner and (customer, partner[product]) not in owned
    }


def measure_lists(database: Path) -> pd.DataFrame:
    """Measure each list against the planted truth.

    Returns
    -------
    pandas.DataFrame : one row per target of `find_targets`: customers among the candidates
        and the members of its list, the share of them that it is after (precision), the share
        of those it is after that are candidates (recall), and their share in all whom the
        list could choose from (base_rate): customers with an order, of retain_declining the
        regular ones, of cross_sell those of the last 90 days. Of cross_sell a hit is a
        product whose planted partner the customer bought.
    """
    candidates = read_table(database, "targeting.list_candidates")
    members = read_table(database, "lists.list_members")
    buyers = read_table(database, "rfm.rfm_scores").query("basis == 'bought'")
    chosen_from = {
        "retain_declining": set(
            read_table(database, "activity.activity_scores").query("is_regular")["customer_id"]
        ),
        "cross_sell": set(buyers.loc[buyers["recency_days"] <= 90, "customer_id"]),
    }
    partners = find_missing_partners()
    rows = {}
    for name, target in find_targets().items():
        list_name = name.split(",")[0]
        people = chosen_from.get(list_name, set(buyers["customer_id"]))
        hits = {}
        for kind, listed in {"candidates": candidates, "members": members}.items():
            listed = listed[listed["list_name"] == list_name]
            if list_name == "cross_sell":
                pairs = zip(listed["customer_id"], listed["product_id"], strict=True)
                hits[kind] = pd.Series([pair in partners for pair in pairs], dtype=float)
            else:
                hits[kind] = listed["customer_id"].isin(target).astype(float)
        rows[name] = {
            "candidates": len(hits["candidates"]),
            "members": len(hits["members"]),
            "precision": hits["candidates"].mean(),
            "members_precision": hits["members"].mean(),
            "recall": hits["candidates"].sum() / len(target & people),
            "base_rate": len(target & people) / len(people),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def resolve_consents(channel: str) -> dict[str, str]:
    """Return each customer's latest word on marketing in a channel, from the raw log."""
    events = read_raw("consents").dropna(subset=["customer_id"])
    events = events[
        events["channel"].isin([channel, "any"])
        & (events["purpose"].isna() | (events["purpose"] == "marketing"))
    ]
    words: dict[str, tuple[pd.Timestamp, int]] = {}
    for event in events.itertuples():
        at = pd.Timestamp.min if pd.isna(event.event_at) else pd.Timestamp(event.event_at)
        is_withdrawn = int(event.status != "granted")
        if is_withdrawn or at < AS_OF:
            words[event.customer_id] = max(
                words.get(event.customer_id, (pd.Timestamp.min, 0)), (at, is_withdrawn)
            )
    return {
        customer: "consent withdrawn" if is_withdrawn else "granted"
        for customer, (_, is_withdrawn) in words.items()
    }


@pytest.fixture(scope="module")
def decisions(sample_build) -> pd.DataFrame:
    decisions = read_table(sample_build.published, "targeting.list_decisions")
    assert len(decisions) > 1000
    return decisions


@pytest.fixture(scope="module")
def members(sample_build) -> pd.DataFrame:
    members = read_table(sample_build.published, "lists.list_members")
    assert len(members) > 100
    return members


def test_lists_hold_mostly_whom_they_are_after(sample_build):
    measured = measure_lists(sample_build.published)
    print(measured.round(3).to_string())
    least_recall = {
        "win_back": 0.85,
        "retain_declining": 0.2,
        "second_purchase": 0.9,
        "loyal_rewards": 0.9,
        "cross_sell": 0.6,
    }
    lists = measured.loc[list(least_recall)]
    assert (lists["precision"] > 0.5).all(), lists["precision"]
    assert (lists["recall"] > pd.Series(least_recall)).all(), lists["recall"]
    # Of cross_sell the base rate counts customers, a hit the right one of 400 products.
    others = measured.drop("cross_sell")
    assert (others["precision"] > 2 * others["base_rate"]).all(), measured


def find_possible_minors() -> set[str]:
    """Return the customers who may be under age: no older than 18 by their birth year."""
    years = pd.to_numeric(read_raw("customers")["birth_year"], errors="coerce")
    return set(read_raw("customers").loc[AS_OF.year - years <= 18, "customer_id"])


def test_consents_are_what_the_raw_log_says(decisions):
    minors = find_possible_minors()
    for channel, in_channel in decisions.groupby("channel"):
        words = resolve_consents(channel)
        expected = in_channel["customer_id"].map(
            lambda one: "possibly a minor" if one in minors else words.get(one, "no consent known")  # noqa: B023
        )
        assert set(expected) == {
            "granted",
            "consent withdrawn",
            "no consent known",
            "possibly a minor",
        }
        assert (in_channel["consent_basis"] == expected).all()


def test_members_consent_by_the_planted_truth(members):
    truth = read_raw("truth/customers").set_index("customer_id")
    assert set(members["channel"]) == {"email", "sms"}
    for member in members.itertuples():
        assert truth.loc[member.customer_id, f"consents_to_{member.channel}"] == "true"


def test_nobody_is_in_a_list_who_must_not_be(decisions, members):
    customers = read_raw("customers").drop_duplicates("customer_id").set_index("customer_id")
    contact = {
        "email": customers["email"].str.fullmatch(EMAIL, na=False),
        "sms": customers["phone"].str.fullmatch(PHONE, na=False),
    }
    suppressed = set(read_raw("suppressions")["customer_id"])
    assert suppressed & set(decisions["customer_id"])
    forbidden = suppressed | set(read_raw("erasures")["customer_id"]) | find_possible_minors()
    assert not forbidden & set(members["customer_id"])
    assert members["customer_id"].is_unique
    for member in members.itertuples():
        assert contact[member.channel][member.customer_id]


def test_of_two_channels_the_preferred_is_used_where_it_may_be(decisions):
    # The definition of second_purchase names sms before email.
    second = decisions[(decisions["list_name"] == "second_purchase") & decisions["is_in"]]
    by_sms = {one for one, word in resolve_consents("sms").items() if word == "granted"}
    phones = read_raw("customers").drop_duplicates("customer_id").set_index("customer_id")["phone"]
    may_sms = second["customer_id"].isin(by_sms) & second["customer_id"].map(
        phones.str.fullmatch(PHONE, na=False)
    )
    assert set(second["channel"]) == {"email", "sms"}
    assert ((second["channel"] == "sms") == may_sms).all()


def bucket(salt: str, customer: str) -> int:
    return int(hashlib.md5(f"{salt}{customer}".encode()).hexdigest()[:8], 16) % 10_000


def test_buckets_are_those_of_hashlib(decisions, members):
    expected = [
        bucket(f"targeted_lists|{row.list_name}|2026-07-01|", row.customer_id)
        for row in decisions.itertuples()
    ]
    assert decisions["bucket"].tolist() == expected
    inside = decisions[decisions["is_in"]]
    assert ((inside["bucket"] < 1000) == (inside["arm"] == "control")).all()
    assert set(inside["arm"]) == {"treatment", "control"}
    holdout = decisions["first_exclusion"] == "global holdout"
    is_low = decisions["customer_id"].map(lambda one: bucket("targeted_lists|2026|", one) < 500)
    assert holdout.any()
    assert is_low[holdout].all()
    assert not is_low[decisions["is_in"]].any()
    assert set(members["customer_id"]) == set(
        inside.loc[inside["arm"] == "treatment", "customer_id"]
    )


def test_intervals_of_past_campaigns_cover_their_planted_effects(sample_build):
    lifts = read_table(sample_build.published, "targeting.campaign_lift")
    lifts = lifts.query("metric == 'purchase' and slice == 'all'")
    lifts = lifts.set_index(["campaign_id", "arm"])
    effects = read_raw("truth/campaign_effects").query("segment == 'all'")
    effects = effects.set_index(["campaign_id", "arm"])
    effect = effects["added_probability"].astype(float)
    assert set(lifts.index) == set(effect.index)
    effect = effect.reindex(lifts.index)
    assert lifts["is_read"].all()
    assert ((lifts["lower_95"] <= effect) & (effect <= lifts["upper_95"])).all()


def test_all_lists_together_are_read_against_the_holdout(sample_build):
    lifts = read_table(sample_build.published, "targeting.program_lift")
    rows = lifts.query("scope == 'period'").set_index("metric")
    assert set(rows.index) == {"purchase", "revenue", "margin", "profit"}
    assert rows["holdout_period"].eq("2026").all()
    assert rows["contacted_by_mistake"].eq(0).all()
    assert rows["contacted_customers"].gt(1000).all()
    assert rows["is_read"].all()
    assert not rows["is_period_over"].any()
    orders = read_table(sample_build.published, "core.fct_orders")
    orders = orders[orders["is_placed"] & orders["customer_id"].notna()]
    orders = orders[orders["ordered_at"].between("2025-10-01", AS_OF, inclusive="left")]
    known = read_table(sample_build.published, "core.dim_customers").set_index("customer_id")
    entered = known[["registered_at", "first_seen_at"]].min(axis=1)
    entered = entered[entered < AS_OF]
    is_low = pd.Series(
        [bucket("targeted_lists|2026|", one) < 500 for one in entered.index], entered.index
    )
    counted = orders[orders["ordered_at"] > orders["customer_id"].map(entered)]
    # Every order of the period is in one arm, but for those that made their customer known.
    for metric, column in (("revenue", "placed_revenue"), ("margin", "placed_margin")):
        amounts = counted[column].astype(float).groupby(counted["customer_id"]).sum()
        amounts = amounts.reindex(entered.index, fill_value=0)
        assert rows.loc[metric, "control_mean"] == pytest.approx(amounts[is_low].mean())
        assert rows.loc[metric, "treatment_mean"] == pytest.approx(amounts[~is_low].mean())
    caused = read_raw("truth/campaign_orders")["order_id"]
    total = orders.loc[orders["order_id"].isin(caused), "placed_revenue"].astype(float).sum()
    assert total > 1000
    revenue = rows.loc["revenue"]
    assert revenue["incremental_lower_95"] <= total <= revenue["incremental_upper_95"]
    to_date = lifts.query("scope == 'to date'").set_index("metric")
    assert to_date["difference"].equals(rows["difference"])


def test_no_text_of_the_published_file_holds_a_contact(sample_build):
    customers = read_raw("customers")
    emails = {email.lower() for email in customers["email"].dropna()}
    phones = {phone.lstrip("+") for phone in customers["phone"].dropna() if len(phone) > 7}
    assert len(emails) > 2000
    assert len(phones) > 2000
    with duckdb.connect(str(sample_build.published), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where not internal and data_type = 'VARCHAR' order by all"
        ).fetchall()
        assert len(columns) > 200
        for schema, table, column in columns:
            # Whatever could be one within a text is taken out and looked up.
            words = connection.execute(
                "select distinct unnest(regexp_extract_all(lower(text), "
                r"""'[^\s"<>;,()]+@[^\s"<>;,()]+|[0-9]{7,15}')) """
                f'from (select distinct "{column}" as text from "{schema}"."{table}")'
            ).fetchall()
            found = {word for (word,) in words} & (emails | phones)
            assert not found, f"{schema}.{table}.{column}: {sorted(found)[:3]}"


@pytest.fixture(scope="module")
def shop_without_consents(project, tmp_path_factory) -> Path:
    """The working database of a shop that has no file of consents, and one erasure.

    A list of an earlier run names the one to be erased.
    """
    data = tmp_path_factory.mktemp("data")
    folder = data / "no_consents"
    folder.mkdir()
    for name in ("order_lines.csv.gz", "customers.csv"):
        (folder / name).write_bytes((SAMPLE / name).read_bytes())
    (folder / "erasures.csv").write_text(f"customer_id,reason,event_at\n{ERASED},asked,\n")
    saved = project.folder / "state/no_consents/list_members/2026-06-01.parquet"
    saved.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select unnest(['C00001', ?]) as customer_id) to '"
            + str(saved)
            + "' (format parquet)",
            [ERASED],
        )
    run = {"dataset": "no_consents", "data_dir": str(data)}
    for command in (["seed"], ["run", "--select", "+tag:lists"]):
        outcome = project.dbt(*command, **run)
        assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse("no_consents")


def test_without_a_consents_file_nobody_is_in_a_list(shop_without_consents):
    catalog = read_table(shop_without_consents, "lists.list_catalog")
    definitions = pd.read_csv(SAMPLE.parents[1] / "seeds" / "list_definitions.csv")
    assert sorted(catalog["list_name"]) == sorted(definitions["list_name"])
    reasons = catalog.set_index("list_name")["stop_reason"]
    assert reasons["likely_responders"] == "no candidates: no campaign is planned"
    assert (catalog["candidates"] > 0).any()
    assert (catalog["members"] == 0).all()
    assert catalog["is_stopped"].all()
    assert catalog["stop_reason"].notna().all()
    assert set(read_table(shop_without_consents, "targeting.list_decisions")["consent_basis"]) == {
        "no consent known",
        "possibly a minor",
    }


def find_tables_with(database: Path, words: list[str]) -> list[str]:
    """Return the columns of text in which one of the words stands, as table.column."""
    # As a script this file knows no package of the project.
    from targeted_lists.saved.salt import PUBLIC_SALT, give_salt

    pattern = r"\b(" + "|".join(words) + r")\b"
    found = []
    with duckdb.connect(str(database), read_only=True) as connection:
        # A view of staging makes keys.
        give_salt(connection, lambda: PUBLIC_SALT)
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where data_type = 'VARCHAR' and not internal order by all"
        ).fetchall()
        assert len(columns) > 100
        for schema, table, column in columns:
            count = connection.execute(
                f'select count(*) from "{schema}"."{table}" where regexp_matches("{column}", ?)',
                [pattern],
            ).fetchone()[0]
            if count:
                found.append(f"{schema}.{table}.{column}")
    return found


def test_an_erased_customer_is_in_no_table_and_in_no_kept_one(shop_without_consents, project):
    assert ERASED in set(read_raw("order_lines")["customer_id"])
    assert find_tables_with(shop_without_consents, [ERASED]) == []
    saved = project.folder / "state/no_consents/list_members/2026-06-01.parquet"
    assert duckdb.sql(f"select customer_id from '{saved}'").fetchall() == [("C00001",)]


def test_erased_customers_are_in_no_table_and_their_lines_are_anonymous(sample_build):
    erased = set(read_raw("erasures")["customer_id"])
    lines = read_raw("order_lines")
    theirs = lines.loc[lines["customer_id"].isin(erased), ["order_id", "line_number"]]
    assert len(theirs) > 50
    assert find_tables_with(sample_build.warehouse, sorted(erased)) == []
    assert find_tables_with(sample_build.published, sorted(erased)) == []
    validated = read_table(sample_build.warehouse, "intermediate.int_order_lines_validated")
    rows = validated.astype({"line_number": str}).merge(theirs, on=["order_id", "line_number"])
    assert len(rows) >= len(theirs)
    assert rows["customer_id"].isna().all()
    assert (rows["decision"] == "accepted").mean() > 0.9
    assert set(
        read_table(sample_build.warehouse, "intermediate.int_erasures_validated")["customer_id"]
    ) == {"e_" + hashlib.md5(f"targeted-lists{one}".encode()).hexdigest() for one in erased}


if __name__ == "__main__":
    print(measure_lists(Path(sys.argv[1])).round(3).to_string())
