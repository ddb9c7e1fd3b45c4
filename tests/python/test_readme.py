"""What the READMEs and the manual show is run: commands in a clone, queries on the sample.

Each command that they show is in one of the lists below, and a new one must be put there.
Where a page shows what a command prints, that is compared; numbers are not.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import test_project_style
from conftest import REPO_ROOT, Build, Project, query
from rich.console import Console
from test_project_style import Node, nodes_of

from targeted_lists.runs.reports import show_lists

Run = Callable[..., str]

DOCS = REPO_ROOT / "docs"
PAGES = {
    name: (REPO_ROOT / name).read_text(encoding="utf-8")
    for name in (
        *("README.md", "README.ru.md", "CONTRIBUTING.md", "SECURITY.md"),
        *sorted(path.relative_to(REPO_ROOT).as_posix() for path in DOCS.rglob("*.md")),
    )
}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# Of what stands in backticks within a sentence.
COMMAND = re.compile(
    r"(?:\w+=\S+ )?(?:targeted-lists|make|dbt|uv|pipx?|docker|python -m|\.venv/bin/\w+|\. \.venv)"
    r"\b.*|benchmarks/\w.*"
)
MADE_LISTS = (
    "targeted-lists list --list big_spenders --purpose 'Invite those who spend most' "
    "--offer 'An evening in the shop' "
)
ENGLISH_LIST = MADE_LISTS + "--offer-cost 1.50 --channel 'email sms' --capacity 100"
RUSSIAN_LIST = (
    MADE_LISTS + "--purpose-ru 'Пригласить тех, кто тратит больше всех' "
    "--offer-ru 'Вечер в магазине'"
)

# On the sample as it was built, in this order, with what the command prints at least.
IN_THE_CLONE = {
    "make": "make lists",
    "targeted-lists --help": "lists",
    "targeted-lists --version": "targeted-lists 0",
    "targeted-lists dashboard": "Open published/sample.html in a browser",
    "targeted-lists dashboard --language ru": "Open published/sample.ru.html",
    "targeted-lists members --list win_back": "C0",
    "make members LIST=win_back": "C0",
    "targeted-lists members --list win_back --as-of 2026-07-15": "C0",
    "targeted-lists preview --list win_back": "win_back under other caps and capacities",
    "targeted-lists preview --list win_back --json": '"is_done": true',
    "targeted-lists export --list win_back --to csv": "customers of win_back for csv",
    "targeted-lists check --dataset shop": "order_lines",
    "make check DATASET=shop": "make lists DATASET=shop",
    "make init DATASET=shop2 FROM=data/shop/order_lines.csv": "make check DATASET=shop2",
    ENGLISH_LIST: "targeted-lists lists",
}
# The whole job takes minutes on the sample, and seconds on a project of seven models.
ON_THE_TOY = {
    "make lists": "make dashboard",
    "DUCKDB_MEMORY_LIMIT=4GB targeted-lists lists": "published/sample.duckdb",
    "targeted-lists lists --full": "published/sample.duckdb",
    "targeted-lists lists --reuse": "published/sample.duckdb",
    "targeted-lists lists --vars '{allocation: budget, total_budget: 500}'": (
        "published/sample.duckdb"
    ),
    "make lists DATASET=shop VARS='{language: ru}'": "published/shop.duckdb",
    "targeted-lists docs": "Open published/sample.docs.html in a browser",
    "dbt build --full-refresh": "ERROR=0",
    "dbt build --vars '{dataset: shop, data_dir: /path/to/folders}'": "ERROR=0",
}
# Part of one that is run, or the same called otherwise.
PARTS = {
    "targeted-lists lists": "DUCKDB_MEMORY_LIMIT=4GB targeted-lists lists",
    "DUCKDB_THREADS=1 targeted-lists lists": "DUCKDB_MEMORY_LIMIT=4GB targeted-lists lists",
    "targeted-lists lists --dataset shop": "make lists DATASET=shop VARS='{language: ru}'",
    "targeted-lists lists --dataset shop --vars 'consents: not_recorded'": (
        "make lists DATASET=shop VARS='{language: ru}'"
    ),
    "targeted-lists lists --vars '{language: ru}'": (
        "make lists DATASET=shop VARS='{language: ru}'"
    ),
    "make lists DATASET=shop": "make lists DATASET=shop VARS='{language: ru}'",
    "make lists VARS='{language: ru}'": "make lists DATASET=shop VARS='{language: ru}'",
    "make dashboard": "targeted-lists dashboard",
    "make dashboard IN=ru": "targeted-lists dashboard --language ru",
    "make members": "make members LIST=win_back",
    "make init DATASET=shop FROM=orders_export.csv": (
        "make init DATASET=shop2 FROM=data/shop/order_lines.csv"
    ),
    "make export LIST=win_back TO=csv": "targeted-lists export --list win_back --to csv",
    "make check": "make check DATASET=shop",
    "targeted-lists check": "targeted-lists check --dataset shop",
    "make docs": "targeted-lists docs",
    "make list": ENGLISH_LIST,
    "dbt build": "dbt build --full-refresh",
    "dbt docs generate --static": "targeted-lists docs",
}
# In the clone after it, for it changes texts alone.
AFTERWARDS = {RUSSIAN_LIST: "targeted-lists lists"}
NOT_RUN = {
    "make VERB": "stands for any",
    "make test": "is this suite",
    "targeted-lists test": "is this suite in the repository",
    "docker build -t targeted-lists .": "needs Docker; test_contributors reads the Dockerfile",
    "docker run targeted-lists": "likewise",
    "docker run targeted-lists make test": "likewise",
    "make clean": "removes what these tests look at",
    r"targeted-lists members … \| head -1": "test_command closes pipes",
    "targeted-lists list --dataset shop --list win_back --capacity 200 --offer-cost 4.00": (
        "test_new_list and test_dataset_rows write what a dataset has of a list"
    ),
    "make explore": "installs Streamlit and stays open; test_explore opens its pages",
    "targeted-lists tune": "searches for five minutes; test_models searches for seconds",
    "targeted-lists score": "takes a minute; test_monitoring scores with the saved model",
    "targeted-lists explore": "stays open; test_explore opens its pages",
    "targeted-lists sample": "test_package writes it with the installed command",
    "targeted-lists init --project": "test_command sets a folder up",
    "targeted-lists sample --duplicates 0.05 --out data/twins": "test_identity writes it",
    "targeted-lists sample --refills 0.1 --out data/refills": "test_replenishment writes it",
    "targeted-lists sample --layout shopify --out exports": "test_platforms writes each layout",
    "targeted-lists init shop exports/orders_export_1.csv": "test_platforms and test_cases do so",
    "targeted-lists init shop orders_export.csv": "likewise",
    "targeted-lists init": "likewise",
    ".venv/bin/python -m targeted_lists": "is how every command is called here",
    "targeted-lists list --list NAME --purpose TEXT": "stands for any; the lists above are made",
    "targeted-lists --install-completion": "changes the settings of a shell",
    "uv tool install .": "installs for the user; test_package installs the wheel",
    "uv tool install --reinstall .": "likewise",
    "uv tool install --reinstall '.[explore,docs]'": "likewise",
    "uv tool uninstall targeted-lists": "removes what the user installed",
    ".venv/bin/pre-commit install": "changes the repository's own hooks",
    ".venv/bin/python -m pytest tests/python/test_lists.py": "is part of this suite",
    "make bench SIZE=5_000_000": "installs what it compares with, and takes minutes",
    "dbt build --select tag:rfm": "test_increments and test_mining_marts select by tag",
    "targeted-lists lists --dataset order_export": "test_order_export builds it",
    "targeted-lists lists --dataset one_click": "test_one_click builds it, where the files are",
    "targeted-lists lists --dataset customer_personality": (
        "test_customer_personality builds it, likewise"
    ),
    "targeted-lists lists --dataset online_retail": "test_online_retail builds it, likewise",
    "python -m targeted_lists.authoring.lineage": "test_project_style compares the picture",
    "python -m targeted_lists.sample": "test_sample writes it and compares the bytes",
    ". .venv/bin/activate": "goes before each command of dbt here",
    ".venv/bin/python": "its lines are run by themselves",
}
BENCHMARK = re.compile(r"benchmarks/(\w+\.(?:py|md)).*")
# As an installed package calls it; in the clone its own code is run.
PROGRAM = re.compile(r"^((?:\w+=\S+ )?)targeted-lists ")
NOT_INHERITED = re.compile(
    r"MAKE.*|TARGETED_.*|MFLAGS|DBT_.*|DUCKDB_.*|[A-Z]+(_MART|_RU|_COST|_DIR|_DAYS)|PYTEST.*"
)


def blocks(page: str, *languages: str) -> list[str]:
    """Return the fenced blocks of a page in one of the languages, without their margin."""
    return [
        re.sub(f"^{margin}", "", text, flags=re.MULTILINE)
        for margin, language, text in FENCE.findall(PAGES[page])
        if language in languages
    ]


def sessions(page: str) -> dict[str, str]:
    """Return what each command of the fenced blocks prints there, empty where it is not shown."""
    shown = {}
    for block in blocks(page, ""):
        if block.startswith("$ "):
            command, _, output = block[2:].partition("\n")
            shown[command.strip()] = output
        elif COMMAND.match(block):
            for line in block.splitlines():
                shown[line.partition("  #")[0].strip()] = ""
    return shown


def shown_commands() -> set[str]:
    """Return every command that a page shows, in a block or in a sentence."""
    found = set()
    for page, text in PAGES.items():
        found |= sessions(page).keys()
        words = re.findall("`([^`\n]+)`", FENCE.sub("", text))
        found |= {word for word in words if COMMAND.fullmatch(word)}
    return found


def shape(text: str) -> str:
    """Return a text without its numbers, the lines of its tables and its white space."""
    bare = re.sub(r"[│┃┌┐└┘├┤┬┴┼─━┏┓┗┛┡┩╇┳┻]+", " ", text)
    return " ".join(re.sub(r"\d[\d,.]*", "#", bare).split())


def test_every_command_is_run_or_it_is_said_why_not() -> None:
    shown = shown_commands()
    listed = {*IN_THE_CLONE, *ON_THE_TOY, *AFTERWARDS, *PARTS, *NOT_RUN}
    benchmarks = {command for command in shown if BENCHMARK.fullmatch(command)}
    assert shown - benchmarks - listed == set()
    assert listed - shown == set()
    assert set(PARTS.values()) <= ON_THE_TOY.keys() | IN_THE_CLONE.keys()
    assert benchmarks
    for command in benchmarks:
        assert (REPO_ROOT / "benchmarks" / BENCHMARK.fullmatch(command)[1]).is_file(), command


def make_environment(folder: Path) -> None:
    """Give a folder this environment as its own: whole, so that nothing is installed."""
    environment = folder / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        if path.suffix != ".stamp":
            (environment / path.name).symlink_to(path)
    for name in ("runtime", "explore", "dev"):
        (environment / f"{name}.stamp").touch()


def make_run(folder: Path) -> Run:
    """Return a function that runs a command in a folder as a user would, and gives its output."""
    # What `make test` exports to the commands that it calls is not the user's.
    own = {name: value for name, value in os.environ.items() if not is_inherited(name)}

    def run(command: str, *, code: int = 0) -> str:
        line = PROGRAM.sub(r"\1.venv/bin/python -m targeted_lists ", command)
        line = f". .venv/bin/activate && {line}" if command.startswith("dbt") else line
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**own, "COLUMNS": "200", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == code, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def is_inherited(name: str) -> bool:
    """Return whether a variable is one that the Makefile exports or that a test has set."""
    makefile = (REPO_ROOT / "Makefile").read_text(encoding="utf-8")
    exported = " ".join(re.findall("^export (.+)$", makefile, re.MULTILINE)).split()
    return name in exported or bool(NOT_INHERITED.fullmatch(name))


@pytest.fixture(scope="module")
def clone(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The repository as a user has it who has run `make lists` once."""
    folder = tmp_path_factory.mktemp("clone") / "project"
    without = [line.strip("/") for line in (REPO_ROOT / ".gitignore").read_text().splitlines()]
    shutil.copytree(
        REPO_ROOT, folder, ignore=shutil.ignore_patterns(".git", "data", ".venv*", *without)
    )
    shutil.copytree(REPO_ROOT / "data/sample", folder / "data/sample")
    for made in ("warehouse", "published", "state"):
        shutil.copytree(sample_build.project.folder / made, folder / made)
    make_environment(folder)
    write_shop(folder / "data" / "shop")
    return Project(folder)


def write_shop(folder: Path) -> None:
    """Write a shop whose file is as the `dataset.yml` of the manual says."""
    folder.mkdir(parents=True)
    settings = "\n".join(blocks("docs/data.md", "yaml"))
    (folder / "dataset.yml").write_text(settings, encoding="utf-8")
    (folder / "order_lines.csv").write_text(
        "order_id;customer_id;ordered_at;product_id;product_name;quantity;unit_price\n"
        "O1;C1;31.01.2025 10:00;P1;Чай;2;12,50\n"
        "O2;C1;01.03.2025 12:30;P1;NULL;1;12,50\n",
        encoding="cp1251",
    )


@pytest.fixture(scope="module")
def in_the_clone(clone: Project) -> Run:
    return make_run(clone.folder)


@pytest.fixture(scope="module")
def outputs(in_the_clone: Run) -> dict[str, str]:
    """What each command printed in the clone, one after the other."""
    return {command: in_the_clone(command) for command in IN_THE_CLONE}


@pytest.mark.parametrize("command", IN_THE_CLONE)
def test_a_command_does_in_a_clone_what_is_said(command: str, outputs: dict[str, str]) -> None:
    assert IN_THE_CLONE[command] in outputs[command]
    for page in PAGES:
        shown = sessions(page).get(command, "")
        if " members " in command:
            # Who comes after the first depends on more than a line can show.
            shown = shown.partition("\n")[0]
        assert shape(shown) in shape(outputs[command])


def test_the_first_page_says_all_commands(outputs: dict[str, str]) -> None:
    makefile = (REPO_ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)
    assert {"lists", "list", "check"} <= set(targets)
    assert [target for target in targets if f"make {target} " not in outputs["make"]] == []


def test_an_export_leaves_the_file_that_it_names(clone: Project, outputs: dict[str, str]) -> None:
    path = outputs["targeted-lists export --list win_back --to csv"].partition(":")[0]
    assert (clone.folder / path).is_file()
    assert path in PAGES["docs/lists.md"]


@pytest.fixture(scope="module")
def toy_copy(toy_template: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy with the Makefile and a second dataset."""
    folder = tmp_path_factory.mktemp("readme") / "toy"
    shutil.copytree(toy_template.folder, folder)
    shutil.copytree(folder / "data/sample", folder / "data/shop")
    for name in ("Makefile", "requirements.lock"):
        shutil.copyfile(REPO_ROOT / name, folder / name)
    for name in ("targeted_lists", "python_ml"):
        (folder / name).symlink_to(REPO_ROOT / name)
    make_environment(folder)
    return folder


@pytest.mark.parametrize("command", ON_THE_TOY)
def test_a_command_does_on_the_toy_what_is_said(command: str, toy_copy: Path) -> None:
    given = command.replace("/path/to/folders", str(toy_copy / "data"))
    assert ON_THE_TOY[command] in make_run(toy_copy)(given)


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_lists_of_the_sample_are_those_shown(
    page: str, sample_build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = (block for block in blocks(page, "") if block.startswith("Customer lists"))
    show_lists(sample_build.published, Console(width=80))
    printed = shape(capsys.readouterr().out)
    assert "expected value," not in printed
    # A list of one's own stands among them.
    assert [line for line in shown.splitlines() if shape(line) not in printed] == []
    lists = [name for (name,) in sample_build.query("select list_name from lists.list_catalog")]
    assert {"win_back", "cross_sell"} <= {name for name in lists if name in shown}


def test_a_list_without_a_name_is_none(in_the_clone: Run) -> None:
    # make ends with a code of its own where a command fails.
    assert "A list needs a name: make list LIST=" in in_the_clone("make list", code=2)


def test_the_python_of_the_manual_runs(clone: Project, in_the_clone: Run) -> None:
    (session,) = (
        block for block in blocks("docs/tour.md", "") if block.startswith("$ .venv/bin/python\n")
    )
    typed = re.findall("^(?:>>>|[.]{3}) (.*)$", session, re.MULTILINE)
    (clone.folder / "session.py").write_text("\n".join(typed) + ".show()", encoding="utf-8")
    _, _, table = session.partition("┌")
    assert shape(table) == shape(in_the_clone(".venv/bin/python session.py"))
    (scoring,) = blocks("docs/operations.md", "python")
    lines = [
        "import duckdb",
        'shop = duckdb.connect("published/sample.duckdb", read_only=True)',
        'current = shop.sql("from activity.activity_features where is_current")',
        'row = current.order("customer_id").limit(1).df()',
        scoring.replace("score_customers(row", "scored = score_customers(row"),
        "print(scored.columns.tolist())",
    ]
    (clone.folder / "scoring.py").write_text("\n".join(lines), encoding="utf-8")
    assert "'probability'" in in_the_clone(".venv/bin/python scoring.py")


@pytest.mark.parametrize(
    ("page", "sql"), [(page, sql) for page in PAGES for sql in blocks(page, "sql")]
)
def test_a_query_of_a_page_answers(page: str, sql: str, sample_build: Build) -> None:
    assert sample_build.query(sql.strip().rstrip(";"))


# What stands between the list's candidates and its table, and the tests of them.
NEW_LIST = [
    *("list_definitions", "list_priors", "code_labels", "lists_priced", "list_channels"),
    *("candidates_big_spenders+,+list_big_spenders", "list_definitions_are_sound"),
]


@pytest.fixture(scope="module")
def with_list(clone: Project, outputs: dict[str, str]) -> Project:
    """The clone with the README's own list built, and no more than it needs."""
    # Tests of rows alone, and those alone whose tables are built here.
    few = ["--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"]
    outcome = clone.dbt("build", *few, "--select", *NEW_LIST)
    assert outcome.success, "\n".join(outcome.failures)
    assert outcome.statuses["list_definitions_are_sound"] == "pass"
    return clone


def test_the_list_of_the_readme_has_members(with_list: Project) -> None:
    members = query(
        with_list.warehouse(),
        "select channel, offer, reason, expected_value > 0 from lists.list_big_spenders",
    )
    assert 10 < len(members) <= 100
    assert {channel for channel, *_ in members} <= {"email", "sms"}
    assert all(offer.startswith("An evening in the shop") for _, offer, *_ in members)
    assert all(is_worth for *_, is_worth in members)
    assert all(" worth " in reason for _, _, reason, _ in members)
    # The others hold whom they held.
    ((others,),) = query(
        with_list.warehouse(),
        "select count(distinct list_name) from lists.list_members "
        "where list_name <> 'big_spenders'",
    )
    assert others > 4


@pytest.fixture(scope="module")
def manifest_of_list(with_list: Project) -> dict:
    path = with_list.folder / "target/sample/manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_list_of_the_readme_is_in_the_project_s_style(
    with_list: Project, manifest_of_list: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_project_style, "REPO_ROOT", with_list.folder)
    models, seeds = (nodes_of([manifest_of_list], kind) for kind in ("model", "seed"))
    own: list[Node] = [node for node in models if node["name"].endswith("_big_spenders")]
    assert [node["name"] for node in own] == ["candidates_big_spenders", "list_big_spenders"]
    keyed = {
        test["attached_node"]
        for test in nodes_of([manifest_of_list], "test")
        if (test.get("test_metadata") or {}).get("name") in test_project_style.KEY_TESTS
    }
    style = test_project_style
    style.test_every_model_and_seed_ends_its_description_with_its_grain(models, seeds)
    style.test_every_described_column_says_something(models, seeds)
    style.test_every_seed_column_is_described(seeds)
    style.test_every_published_model_has_a_contract(models)
    style.test_every_model_of_marts_and_lists_has_its_key_tested(models, keyed)
    style.test_one_yaml_file_of_models_a_folder(models)
    style.test_the_lineage_picture_names_every_mart_and_list(own)
    exposures = {one["name"]: one for one in manifest_of_list["exposures"].values()}
    assert exposures["campaign_big_spenders"]["depends_on"]["nodes"] == [
        "model.targeted_lists.list_big_spenders"
    ]


def test_the_list_in_both_languages_is_written(
    with_list: Project, in_the_clone: Run, tmp_path: Path
) -> None:
    # The same name once more, in a copy without it.
    for name in ("seeds", "models", "dbt_project.yml"):
        place = with_list.folder / name
        shutil.move(place, tmp_path / name)
        (shutil.copytree if (REPO_ROOT / name).is_dir() else shutil.copyfile)(
            REPO_ROOT / name, place
        )
    for command, text in AFTERWARDS.items():
        printed = in_the_clone(command)
        assert text in printed
        assert "In Russian it reads" not in printed
    rows = (with_list.folder / "seeds/list_definitions.csv").read_text(encoding="utf-8")
    assert "Вечер в магазине" in rows.splitlines()[-1]


@pytest.mark.parametrize("page", ["README.md", "README.ru.md"])
def test_a_readme_is_of_one_page_and_its_links_lead_somewhere(page: str) -> None:
    text = PAGES[page]
    assert text.count("\n") < 150
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert len(links) > 10
    assert [link for link in links if not (REPO_ROOT / link).is_file()] == []


def test_both_readmes_have_the_same_figures(sample_build: Build) -> None:
    """The waterfall and the lists, written as each language writes numbers."""
    lists = sample_build.query(
        "select members, control, holdout, expected_value from lists.list_catalog"
    )
    steps = sample_build.query(
        "select removed, after, after_value from targeting.list_waterfall "
        "where list_name = 'win_back' and removed > 0"
    )
    for *counts, value in [*lists, *steps]:
        numbers = [*counts, f"{value:,.2f}"]
        english = "[^\n]*".join(re.escape(str(number)) for number in numbers)
        assert re.search(english, PAGES["README.md"]), numbers
        numbers[-1] = numbers[-1].replace(",", " ").replace(".", ",")
        russian = "[^\n]*".join(re.escape(str(number)) for number in numbers)
        assert re.search(russian, PAGES["README.ru.md"]), numbers
