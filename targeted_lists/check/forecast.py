"""What a run will make of a dataset's rows, by the rules of the run itself.

Every number comes from the models that decide it (`model_sql.py`); here it is only put in words.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from targeted_lists.check.gaps import MONTHS, describe_gaps, find_gaps
from targeted_lists.check.model_sql import Models
from targeted_lists.inputs.erasures import describe_shared

LINES = """
    select
        decision,
        regexp_replace(reason, '"[^"]*"', '"…"', 'g') as fault,
        count(*) as lines,
        sum(amount) as amount,
        count(*) / sum(count(*)) over () as share
    from {{ ref('int_order_lines_validated') }}
    group by decision, fault
    order by lines desc, decision, fault
"""
OTHERS = """
    select input, decision, regexp_replace(reason, '"[^"]*"', '"…"', 'g') as fault, count(*)
    from {{ ref('input_ledger') }}
    group by input, decision, fault
    order by input, count(*) desc, decision, fault
"""
STATUSES = """
    select {{ shown_text('status') }} as shown, count(*)
    from {{ ref('int_order_lines_validated') }}
    where reason like {{ text('status {status} is unknown', status="'%'") }}
    group by shown
    order by count(*) desc, shown
"""
FOREIGN = """
    select source_currency, count(*), sum(source_amount)
    from {{ ref('int_order_lines_validated') }}
    where source_currency is not null and amount is null and input = 'order_lines'
    group by source_currency
    order by count(*) desc, source_currency
"""
LOST_REFUNDS = """
    select count(*), count(*) filter (order_id not in (
        select order_id from {{ ref('int_order_lines_validated') }}
        where input = 'order_lines' and order_id is not null
    ))
    from {{ ref('int_order_lines_validated') }}
    where input = 'refunds' and decision = 'accepted'
"""
CUSTOMERS = """
    select
        count(*) filter (decision in ('accepted', 'accepted_not_modelled')),
        count(customer_id) filter (decision in ('accepted', 'accepted_not_modelled')),
        count(*)
    from {{ ref('int_order_lines_validated') }}
"""
TOTALS = (
    "select count(*) from {{ ref('int_customer_totals_validated') }} where decision = 'accepted'"
)
GRANTED = """
    select count(*) from {{ ref('int_consents_validated') }}
    where decision = 'accepted' and lower(status) = 'granted'
"""
ADDRESSED = """
    select count(*) from {{ ref('customer_contacts') }}
    where coalesce(email_key, phone_key) is not null
"""
MERGED = """
    select count(*), count(distinct customer_id)
    from {{ ref('int_customer_persons') }}
"""
IDENTITY = """
    select finding, count(*), sum(key_count) from {{ ref('identity_findings') }}
    group by finding order by finding
"""
# Who these name, and nothing that identifies a customer.
NAMING = {
    "campaign_contacts": "campaign_contacts_validated",
    "site_activity": "int_site_activity_validated",
    "customer_period_totals": "int_customer_period_totals_validated",
    "customer_category_spend": "int_customer_category_spend_validated",
    "customer_channel_orders": "int_customer_channel_orders_validated",
    "activity_labels": "int_activity_labels_validated",
}
UNMATCHED = """
    select count(*), count(*) filter (customer_id not in (
        select customer_id from {{{{ ref('dim_customers') }}}}
    ))
    from (
        select distinct customer_id from {{{{ ref('{model}') }}}}
        where decision in ('accepted', 'accepted_not_modelled') and customer_id is not null
    )
"""
# What is staged of an erased customer names nobody.
ERASED = """
    {%- if has_input('erasures') %}
    select
        coalesce(sum(name_count), 0)::bigint,
        coalesce(sum(name_count) filter (outcome in ('unknown', 'none')), 0)::bigint,
        coalesce(sum(name_count) filter (outcome = 'shared'), 0)::bigint
    from {{ erasures_named() }}
    {%- else %}
    select 0, 0, 0
    {%- endif %}
"""
DAMAGED = """
    select input, key_column, damaged_count from {{ ref('damaged_keys') }}
    order by input, key_column
"""
DOUBLED = "select key_count from {{ ref('customer_keys_doubled') }}"
NEAR_MISSES = "select input, near_miss_count from {{ ref('customers_unknown') }}"
# Those who may be named by an address.
UNKNOWN = """
    select
        input, named_count, unknown_count,
        damaged_count, email_count, phone_count, hash_count, text_count
    from {{ ref('customers_unknown') }}
    where input <> 'erasures'
"""
# What becomes of a row of order lines with a damaged key; of other inputs it is rejected.
SOLD = {
    "customer_id": "sold to nobody",
    "product_id": "sold under it, whichever products they were of",
}
ADDRESSES = ("damaged keys", "e-mails", "phones", "hashes", "texts that are no contact")
WRITTEN_OTHERWISE = "leading zeros, plus or blanks"
# From this share on something is written otherwise than the run reads it.
MANY_REJECTED, MANY_UNMATCHED = 0.1, 0.5


@dataclass
class Forecast:
    """What will come of a dataset.

    Attributes
    ----------
    lines : of order lines: decision, reason, rows, amount, share of the rows.
    others : of every other input: input, decision, reason, rows.
    fault : why a run would be useless, as a sentence; None where it would not.
    warnings : what keeps lists empty or in the house, and what to do, a sentence each.
    notes : what is worth knowing, a sentence each.
    """

    lines: list[tuple]
    others: list[tuple]
    fault: str | None = None
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_forecast(models: Models) -> Forecast:
    """Build what decides on the rows of a dataset, and say what will happen to them."""
    found = Forecast(lines=models.fetch(LINES), others=models.fetch(OTHERS))
    ((accepted, named, lines),) = models.fetch(CUSTOMERS)
    ((totals,),) = models.fetch(TOTALS)
    # It refuses totals of no day.
    models.build("int_as_of_date")
    if lines and not accepted and not totals:
        found.fault = "No order line can be used; the reasons are in the table above."
    elif not accepted and not totals:
        found.warnings.append("There is no row, so every table will be empty; add order lines.")
    weigh_lines(found, models, accepted=accepted, named=named, lines=lines, totals=totals)
    weigh_permissions(found, models)
    weigh_keys(found, models)
    weigh_identity(found, models)
    return found


def weigh_lines(
    found: Forecast, models: Models, *, accepted: int, named: int, lines: int, totals: int
) -> None:
    """Say what many order lines lack."""
    statuses = models.fetch(STATUSES)
    if statuses:
        shown = ", ".join(f"{status} {count:,}" for status, count in statuses[:5])
        found.warnings.append(
            f"{sum(count for _, count in statuses):,} order lines have an unknown status ({shown}"
            f"{', …' if len(statuses) > 5 else ''}) and are rejected; write placed, delivered, "
            "cancelled or returned there."
        )
    if foreign := models.fetch(FOREIGN):
        money = ", ".join(f"{amount:,.2f} {code}" for code, _, amount in foreign)
        found.warnings.append(
            f"{sum(count for _, count, _ in foreign):,} order lines are in another currency that "
            f"has no rate, and in no sum ({money}); add exchange_rates.csv (currency, date, rate)."
        )
    ((refunds, lost),) = models.fetch(LOST_REFUNDS)
    if lost:
        found.warnings.append(
            f"{lost:,} of {refunds:,} refunds are of orders that no file of order lines has."
        )
    rejected = sum(line[2] for line in found.lines if line[0] == "rejected")
    if lines and accepted and rejected >= MANY_REJECTED * lines:
        found.warnings.append(
            f"{rejected / lines:.0%} of the order lines are rejected; the reasons are in the "
            "table above."
        )
    if gap := describe_gaps(find_gaps(models.fetch(MONTHS))):
        found.warnings.append(gap)
    if accepted and not named and not totals:
        found.warnings.append(
            "No order line names a customer, so there will be no customers, no scores and no "
            "lists; add the column customer_id."
        )
    elif accepted > named:
        found.notes.append(
            f"{accepted - named:,} of {accepted:,} order lines "
            f"({(accepted - named) / accepted:.1%}) name no "
            "customer: they count in sales and baskets, and in no list."
        )


def weigh_permissions(found: Forecast, models: Models) -> None:
    """Say what keeps every list empty, or from being exported."""
    if models.render("{{ are_consents_recorded() }}") != "True":
        found.warnings.append(
            "Consents are declared as not recorded: lists are built and marked so, and none can "
            "be exported."
        )
    elif models.fetch(GRANTED) == [(0,)]:
        found.warnings.append(
            "Nobody has consented, so every list will be empty; add consents.csv (customer_id, "
            "channel, status), or set the var consents to not_recorded for lists that cannot be "
            "exported."
        )
    if models.fetch(ADDRESSED) == [(0,)]:
        found.warnings.append(
            "No customer has an address, so no list can be exported; add customers.csv with "
            "customer_id and email or phone."
        )


def weigh_keys(found: Forecast, models: Models) -> None:
    """Say which keys are damaged, and which customers have two keys or are known nowhere else."""
    for name, column, rows in models.fetch(DAMAGED):
        becomes = SOLD.get(column, "rejected") if name == "order_lines" else "rejected"
        found.warnings.append(
            f"{rows:,} rows of {name} have a {column} that a spreadsheet damaged, such as "
            f"4.47912E+11, and are {becomes}; export the file again with that column as text."
        )
    ((keys,),) = models.fetch(DOUBLED)
    if keys:
        found.warnings.append(
            f"{keys:,} keys of customers differ from another only in {WRITTEN_OTHERWISE}, as "
            "000123 and 123 do, or +447912000111 and 447912000111, and stay customers of their "
            "own; where two are one customer, write the key in one way in all files."
        )
    near_misses = dict(models.fetch(NEAR_MISSES))
    unknown = {name: found for name, *found in models.fetch(UNKNOWN)}
    counts = {name: (named, nobody) for name, (named, nobody, *_) in sorted(unknown.items())}
    counts |= {
        name: models.fetch(UNMATCHED.format(model=model))[0] for name, model in NAMING.items()
    }
    *counts["erasures"], shared = models.fetch(ERASED)[0]
    if shared:
        found.warnings.append(describe_shared(shared))
    for name, (customers, unmatched) in counts.items():
        if not unmatched:
            continue
        sentence = (
            f"{unmatched:,} of {customers:,} customers in {name} are in no order line, customer "
            "file or total"
        )
        near = near_misses.get(name, 0)
        if near:
            sentence += f", {near:,} of them but for {WRITTEN_OTHERWISE}"
        by_address = [
            f"{count:,} {kind}"
            for kind, count in zip(ADDRESSES, unknown.get(name, ())[2:], strict=False)
            if count
        ]
        if by_address:
            sentence += f"; {', '.join(by_address)} of them are of nobody"
        if near or by_address or unmatched >= MANY_UNMATCHED * customers:
            what = "who is named" if by_address else "customer_id"
            found.warnings.append(
                f"{sentence}; see whether {what} is written there as in the other files."
            )
        else:
            found.notes.append(f"{sentence}.")


def weigh_identity(found: Forecast, models: Models) -> None:
    """Say which keys are one person, and what was not taken for one."""
    ((keys, persons),) = models.fetch(MERGED)
    if keys:
        found.notes.append(
            f"{keys:,} keys of customers belong to {persons:,} persons, by e-mail, phone or "
            "customer_links; core.customer_keys says which."
        )
    counts = {finding: (subjects, keys) for finding, subjects, keys in models.fetch(IDENTITY)}
    for finding, sentence in {
        "shared contact": "{0:,} contacts are of more keys than a person has ({1:,} keys), as a "
        "counter's phone is: they link nobody and reach nobody",
        "phone of several persons": "{0:,} phones are of several persons with different e-mails "
        "({1:,} keys), as a family's is: they link nobody",
        "different birth years": "{0:,} persons have keys with different birth years",
        "different genders": "{0:,} persons have keys with different genders",
    }.items():
        if finding in counts:
            found.notes.append(sentence.format(*counts[finding]) + ".")
    if "too many keys" in counts:
        found.warnings.append(
            f"{counts['too many keys'][1]:,} keys would be one person with too many others, so "
            "their links do not count; correct the contacts or customer_links that join strangers."
        )
