"""What a contacts file tells of both arms is read, without orders and without a window."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project, query

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def tiny(project: Project) -> Path:
    """The working database of a shop of a few customers and one campaign."""
    run = {"dataset": "tiny", "data_dir": str(DATA)}
    for command in (["seed"], ["run", "--select", "+campaign_lift", "+assignment_checks"]):
        outcome = project.dbt(*command, **run)
        assert outcome.success, "\n".join(outcome.failures)
    return project.warehouse("tiny")


def test_25_of_30_against_5_of_30_is_a_lift_of_66_7_points(tiny):
    rows = query(
        tiny,
        "select round(100 * difference, 1), treatment_customers, control_customers, verdict, "
        "outcome_basis, is_read from targeting.campaign_lift "
        "where slice = 'all' and metric = 'responded'",
    )
    assert rows == [(66.7, 30, 30, "works", "reported", True)]


def test_the_text_of_a_check_says_which_it_was(tiny):
    reasons = dict(
        query(
            tiny,
            "select check_name, reason from targeting.assignment_checks where kind = 'campaign'",
        )
    )
    assert set(reasons) == {"sample ratio", "balance"}
    for check, reason in reasons.items():
        assert reason.startswith(f"{check}: ")
