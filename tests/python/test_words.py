"""The project speaks the language of its field: no word of its own where there is a usual one.

The words here have one meaning, so that a text search finds them all. What to say instead
stands next to each.
"""

from __future__ import annotations

import re
import subprocess

import pytest
from conftest import REPO_ROOT

# A pattern, and what to say.
WORDS = {
    r"foret(ell|old)\w*": "predict, prediction",
    r"newcomers?": "new customer",
    r"mean[_ ]receipts?": "average order value",
    r"receipts[_ ](used|so[_ ]far)": "orders",
    r"\w+_judged|rejudged": "validated, changed",
    r"set[_ ]aside": "rejected",
    r"kept but not modelled": "accepted_not_modelled",
    r"(activity|response|cluster|basket|newcomer|uplift)_fit(?!_)|kept_only": "reuse_models",
    r"note_built|known_run|made_with": "record_watermark, watermark, upstream_fingerprint",
    r"unheld": "not_materialized",
    r"forget_\w+": "delete_… (increments), erase_… (a customer's erasure)",
    r"(quintile|by)_borders": "cut points",
    r"undone_share": "returned_share",
    r"known_from": "data_basis",
    r"last_level": "previous_period_orders",
    r"lessons?": "training rows",
    r"obstacles?": "reason_not_trained",
    r"foremost": "top",
    r"(later_)?size_lift|later_lift|later_p_value": "size_adjusted_lift, validation_lift",
    r"later_roc_auc": "out_of_time_roc_auc",
    r"drawn towards": "shrunk towards",
    r"dealt (anew|out)": "permuted, assigned to folds",
    r"responder_\w+": "response_…, respondent",
    r"(not )?held[ _]out (customers|arm)": "control, holdout",
    r"what a clustering deserves|is_trusted": "accepted",
    r"places on lists|added margin": "list members, incremental margin",
    r"anew": "again, from scratch",
    r"lest": "so that … not",
    r"mend(ed|s|ing)?": "fix",
    r"beside": "next to",
}
# Uses that say something else.
HONEST = {
    r"known_from": ("is_known_from_", "s_known_from_totals", "rs_known_from_totals"),
}
LEFT_OUT = (
    "LICENSE",
    # What things were called.
    "CHANGELOG.md",
    "benchmarks/renamed.csv",
    "benchmarks/same_numbers.py",
    "targeted_lists/saved/migrations.py",
    "tests/python/test_state_versions.py",
    "tests/python/test_words.py",
)


def read_texts() -> dict[str, str]:
    """Return every text of the project, by file."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPO_ROOT, capture_output=True, text=True, check=True
    )
    texts = {}
    for name in listed.stdout.splitlines():
        if name.startswith(("data/", "tests/data/")) or name.endswith(".lock"):
            continue
        if name in LEFT_OUT or not (REPO_ROOT / name).is_file():
            continue
        content = (REPO_ROOT / name).read_bytes()
        if b"\0" not in content:
            texts[name] = content.decode("utf-8")
    return texts


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return read_texts()


@pytest.mark.parametrize(("word", "instead"), WORDS.items())
def test_a_word_of_ones_own_is_not_used(texts, word, instead):
    pattern = re.compile(rf"(?<![a-z])({word})(?![a-z])", re.IGNORECASE)
    honest = HONEST.get(word, ())
    found = [
        f"{name}:{number}: {line.strip()[:90]}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line) and not any(one in line for one in honest)
    ]
    assert found == [], f"say: {instead}"


def test_the_words_are_looked_for(texts):
    """A pattern that finds nothing anywhere may be misspelt: each finds its own word."""
    assert len(texts) > 400
    samples = {
        "foretold": r"foret(ell|old)\w*",
        "set_aside": r"set[_ ]aside",
        "an int_orders_judged": r"\w+_judged|rejudged",
        "forget_customers": r"forget_\w+",
    }
    for text, word in samples.items():
        assert re.search(rf"(?<![a-z])({word})(?![a-z])", text)
