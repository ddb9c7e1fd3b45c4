"""Lists that share one budget: random worlds through the real SQL, and the sample."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal

import pytest
from conftest import Build, Project, query
from hypothesis import HealthCheck, given, settings
from list_steps import (
    CHECKS,
    CONTACT_COST,
    LISTS,
    STEPS,
    Steps,
    World,
    count_sends,
    find_objection,
    find_others,
    is_in_holdout,
)
from test_list_steps import CAMPAIGNS, define, worlds

TOTAL_BUDGET = 0.8
"""Of all lists in the random worlds, where a message costs 0.32 and a dear offer 0.72."""


@pytest.fixture(scope="module")
def steps(project: Project) -> Iterator[Steps]:
    steps = Steps(project, total_budget=TOTAL_BUDGET)
    yield steps
    steps.connection.close()


def with_two_offers(world: World) -> dict[str, list[dict]]:
    """Return the inputs of a world, each list with a dear offer that brings twice as much."""
    tables = world.tables()
    for row in list(tables["contact_values"]):
        value, cost = row["expected_value"], row["planned_cost"]
        dear = {
            **row,
            "variant": "dear",
            "planned_cost": 2 * cost + CONTACT_COST * 4,
            "expected_value": None if value is None else 2 * value,
        }
        is_dear_best = value is not None and value > 0
        row["is_best"], dear["is_best"] = not is_dear_best, is_dear_best
        tables["contact_values"].append(dear)
    return tables


def test_random_worlds_keep_the_rules(steps: Steps) -> None:
    reached: set[str | None] = set()
    variants: set[str] = set()

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(world=worlds())
    def keep_the_rules(world: World) -> None:
        steps.run(with_two_offers(world))
        assert {check: steps.faults(check) for check in CHECKS} == {one: [] for one in CHECKS}
        decisions = steps.query("select * from sample.targeting.list_decisions")
        assert {(row["list_name"], row["customer_id"]) for row in decisions} == set(
            world.candidates
        )
        reached.update(row["first_exclusion"] for row in decisions)
        taken = [row for row in decisions if row["first_exclusion"] in (None, "global holdout")]
        variants.update(row["variant"] for row in taken)
        for row in taken:
            customer, channel = row["customer_id"], row["channel"]
            assert channel in world.definitions[row["list_name"]]["channel"].split()
            assert find_objection(world, customer, channel) is None
            sent, _ = count_sends(world, customer, channel)
            others = sum(one["customer_id"] == customer for one in taken)
            assert sent + others <= 2
            assert is_in_holdout(world, customer) == (row["arm"] is None)
            for one in find_others(world, customer, channel):
                assert not is_in_holdout(world, one)

    keep_the_rules()
    # Otherwise the rules could hold because nothing ever happens.
    assert reached >= {None, *STEPS[STEPS.index("exclusivity") : -1]}
    assert variants == {"", "dear"}


def test_what_a_response_is_worth_takes_nobody_from_an_effect(steps: Steps) -> None:
    """Ten times the value, and it gets what the list with an effect leaves."""
    world = World(
        ages={"a": 40, "b": 40},
        contacts={one: {"email": f"{one}@example.com", "phone": None} for one in ("a", "b")},
        consents=[(one, "any", None, "granted", -1, "accepted") for one in ("a", "b")],
        campaigns=CAMPAIGNS,
        definitions={name: define(name, i) for i, name in enumerate(LISTS, start=1)},
        candidates={
            (LISTS[0], "a"): (90, Decimal(10)),
            (LISTS[0], "b"): (80, Decimal(10)),
            (LISTS[2], "a"): (1, Decimal(40)),
        },
    )
    world.definitions[LISTS[0]]["valued_by"] = "responses"
    steps.run(world.tables())
    rows = steps.query("select * from sample.targeting.list_decisions order by all")
    told = {(row["list_name"], row["customer_id"]): row["reason"] for row in rows}
    assert told[LISTS[0], "a"] == f"the shared budget gives the customer to {LISTS[2]}"
    values = {(row["list_name"], row["customer_id"]): row["expected_value"] for row in rows}
    assert values[LISTS[0], "b"] == 80


@pytest.fixture(scope="module")
def shared(sample_build: Build, tmp_path_factory) -> Project:
    """The sample, its lists built again with one budget: what its members cost by priority."""
    folder = tmp_path_factory.mktemp("shared_budget") / "project"
    shutil.copytree(sample_build.project.folder, folder)
    project = Project(folder)
    (cost, _), *_ = query(project.warehouse(), COST_AND_VALUE)
    outcome = project.dbt(
        "build",
        *("--select", "allocation_candidates+", "list_steps+", "list_preview_caps+"),
        *("--exclude-resource-type", "unit_test"),
        allocation="budget",
        total_budget=float(cost),
        reuse_models=True,
    )
    assert outcome.success, "\n".join(outcome.failures)
    return project


COST_AND_VALUE = """
    select sum(worth.planned_cost), sum(decisions.expected_value)
    from targeting.list_decisions as decisions
    inner join targeting.contact_values as worth using (list_name, customer_id, variant)
    where decisions.arm = 'treatment' and decisions.value_basis <> 'responses'
"""


def test_one_budget_brings_more_than_priorities_at_no_more_cost(
    sample_build: Build, shared: Project
) -> None:
    (cost, value), *_ = sample_build.query(COST_AND_VALUE)
    (shared_cost, shared_value), *_ = query(shared.warehouse(), COST_AND_VALUE)
    print(f"by priority {value} for {cost}, by one budget {shared_value} for {shared_cost}")
    assert shared_cost <= cost
    assert shared_value > value


def test_waterfall_and_previews_are_of_the_lists_that_share(shared: Project) -> None:
    steps = query(
        shared.warehouse(),
        "select sum(removed) from targeting.list_waterfall where step = 'total budget'",
    )
    assert steps[0][0] > 0
    previews = query(
        shared.warehouse(),
        "select count(*), count(distinct contact_cap) from targeting.list_previews",
    )
    assert previews == [(7 * 6, 1)]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"allocation": "both"}, "the var allocation is priority or budget, not both"),
        ({"total_budget": 9}, "the var total_budget needs the var allocation: budget"),
        (
            {"allocation": "budget", "total_budget": "much"},
            "the var total_budget is an amount from 0 on, not much",
        ),
        (
            {"allocation": "budget", "total_budget": -1},
            "the var total_budget is an amount from 0 on, not -1",
        ),
    ],
)
def test_a_wrong_setting_is_refused(project: Project, variables: dict, sentence: str) -> None:
    outcome = project.dbt("parse", "--no-partial-parse", **variables)
    assert not outcome.success
    assert sentence in "\n".join(outcome.failures)
