"""The site: its tables are all that is published, and what its pages name is there.

The pages are made here without MkDocs; where it is installed (the extra `docs`),
it builds them too, and a link or an anchor that leads nowhere fails.
"""

from __future__ import annotations

import doctest
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from conftest import REPO_ROOT

from targeted_lists.runs import run_end

DOCS = REPO_ROOT / "docs"
PAGES = {
    path.relative_to(REPO_ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(DOCS.rglob("*.md"))
}
METHODS = [name for name in PAGES if name.startswith("docs/methods/")]
HEADINGS = [
    "What it does",
    "Why so",
    "The formula",
    "How it is checked",
    "Where in the code",
]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
FOLDERS = (
    *("models", "macros", "seeds", "python_ml", "targeted_lists"),
    *("tests", "benchmarks", "queries", "docs"),
)
PATH = re.compile(rf"(?:{'|'.join(FOLDERS)}|data/sample)/[\w./]+")
FILE = re.compile(r"\w+\.(?:sql|py)")
# What a run of the reader makes.
NOT_THERE = re.compile(r"\w+_big_spenders\.sql")
LONGEST_PAGE = 250


def load_hooks() -> ModuleType:
    """Load docs/site_hooks.py as MkDocs does, from its file."""
    spec = importlib.util.spec_from_file_location("site_hooks", DOCS / "site_hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hooks = load_hooks()


@pytest.fixture(scope="module")
def tables() -> list[dict]:
    return hooks.read_tables()


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return hooks.make_pages()


def test_the_tables_are_those_that_a_run_publishes(tables: list[dict]) -> None:
    nodes = (
        {"resource_type": "model", "folders": path.parts[:-1], "name": path.stem}
        for path in (one.relative_to(REPO_ROOT / "models") for one in find_models())
    )
    published = sorted(node["name"] for node in nodes if run_end.is_published(node))
    assert len(published) > 100
    assert sorted(table["name"] for table in tables) == published


def find_models() -> list[Path]:
    return sorted((REPO_ROOT / "models").rglob("*.sql"))


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_published_table_answers_a_question_of_its_own(
    language: str, tables: list[dict]
) -> None:
    questions = {table["name"]: table["question"][language] for table in tables}
    assert {name: one for name, one in questions.items() if not one.endswith("?")} == {}
    assert [one for one, count in Counter(questions.values()).items() if count > 1] == []
    is_russian = re.compile(r"[\u0400-\u04ff]")
    other = {
        name
        for name, one in questions.items()
        if bool(is_russian.search(one)) != (language == "ru")
    }
    assert other == set()


def test_a_table_says_more_than_its_question(tables: list[dict]) -> None:
    same = [
        table["name"]
        for table in tables
        if not table["description"].removeprefix(table["question"]["en"]).strip()
        and not table["grain"]
    ]
    assert same == []
    assert [table["name"] for table in tables if not table["grain"]] == []


def test_every_table_and_column_is_on_the_page(tables: list[dict], made: dict[str, str]) -> None:
    page = made["tables.md"]
    for table in tables:
        heading = f"### {table['schema']}.{table['name']} {{ "
        assert page.count(heading) == 1, heading
        assert f"(tables.md#{table['schema']}-{table['name']})" in made["tables.ru.md"]
        section = page.partition(heading)[2].partition("\n### ")[0]
        assert table["question"]["en"] in section
        assert [
            column["name"]
            for column in table["columns"]
            if f"<td><code>{column['name']}</code></td>" not in section
        ] == [], table["name"]
        assert all(column["type"] and column["description"] for column in table["columns"])


def test_no_page_has_jinja_that_nobody_resolved(made: dict[str, str]) -> None:
    found = {name: re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text) for name, text in made.items()}
    # Style, decisions and changes speak of Jinja.
    spoken = {"style.md", "decisions.md", "changelog.md"}
    assert {name for name, braces in found.items() if braces} - spoken == set()


def test_an_unknown_doc_block_is_named() -> None:
    with pytest.raises(hooks.SiteError, match="doc block lifft, and there is none"):
        hooks.resolve('{{ doc("lifft") }}', hooks.read_doc_blocks())
    with pytest.raises(hooks.SiteError, match="no doc block"):
        hooks.resolve("{{ var('dataset') }}", {})


def test_a_table_without_a_question_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "models/core"
    folder.mkdir(parents=True)
    (folder / "dim_shops.sql").write_text("select 1 as shop_id", encoding="utf-8")
    with pytest.raises(hooks.SiteError, match="dim_shops is published, and no YAML describes it"):
        hooks.read_tables(tmp_path / "models")
    described = "models: [{name: dim_shops, description: A shop. One row per shop.}]"
    (folder / "_core__models.yml").write_text(described, encoding="utf-8")
    with pytest.raises(hooks.SiteError, match=r"dim_shops needs config\.meta\.question\.en"):
        hooks.read_tables(tmp_path / "models")


def test_what_the_publication_adds_is_what_it_writes() -> None:
    written = (REPO_ROOT / "targeted_lists/runs/publication.py").read_text(encoding="utf-8")
    written = written.partition("def write_publication")[2]
    for name, said in hooks.PUBLICATION.items():
        assert f'"{name}"' in written
        for column in said["columns"].split(", "):
            assert re.search(rf"\b{column}\b", written), column


def test_each_term_of_the_glossary_is_met_where_it_says(tables: list[dict]) -> None:
    places = {f"{table['schema']}.{table['name']}" for table in tables}
    places |= {
        f"{table['schema']}.{table['name']}.{column['name']}"
        for table in tables
        for column in table["columns"]
    }
    terms = hooks.read_glossary()
    assert len(terms) > 40
    assert [term["where"] for term in terms if term["where"] not in places] == []
    names = Counter(term["term"] for term in terms)
    assert [name for name, count in names.items() if count > 1] == []
    assert [term["term"] for term in terms if not (term["ru"] and term["meaning"])] == []


def test_a_link_leads_to_a_file_on_the_code_host_too() -> None:
    wrong = []
    for name, text in PAGES.items():
        for target, _ in hooks.LINK.findall(FENCE.sub("", text)):
            if not ((REPO_ROOT / name).parent / target).resolve().is_file():
                wrong.append(f"{name}: {target}")
    assert wrong == []


def test_every_page_is_in_the_navigation_and_is_linked(made: dict[str, str]) -> None:
    text = (REPO_ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    navigation = text.partition("\nnav:\n")[2]
    names = {name.removeprefix("docs/") for name in PAGES} | made.keys()
    assert {
        name for name in names if not re.search(rf"[ ]{re.escape(name)}\n", navigation)
    } == set()
    linked = {
        ((DOCS.parent / name).parent / target).resolve().relative_to(REPO_ROOT).as_posix()
        for name, page in PAGES.items()
        for target, _ in hooks.LINK.findall(FENCE.sub("", page))
    }
    sources = {f"docs/{name}" for name in names - set(hooks.FILES.values())} | hooks.FILES.keys()
    assert sources - linked - {"docs/index.md"} == set()


def test_a_link_to_a_file_outside_leads_to_its_page() -> None:
    there = hooks.lead_to_pages("[q](../queries/ready.sql)", source="docs/bi.md")
    assert there == "[q](ready_queries.md)"
    # A page that is made of a file of the repository's top has links of that place.
    there = hooks.lead_to_pages("[b](docs/bi.md#how)", source="DECISIONS.md")
    assert there == "[b](bi.md#how)"
    same = "[a](https://example.org/x) and [b](#here)"
    assert hooks.lead_to_pages(same, source="docs/bi.md") == same


def test_every_file_that_a_page_names_is_there() -> None:
    names = {path.name for folder in FOLDERS for path in (REPO_ROOT / folder).rglob("*.*")}
    wrong, seen = [], 0
    for page, text in PAGES.items():
        for code in CODE.findall(FENCE.sub("", text)):
            for path in PATH.findall(code):
                seen += 1
                if not (REPO_ROOT / path.rstrip(".")).exists() and "<" not in code:
                    wrong.append(f"{page}: {path}")
            if FILE.fullmatch(code) and code not in names:
                wrong.append(f"{page}: {code}")
    assert [one for one in wrong if not NOT_THERE.search(one)] == []
    assert seen > 150


@pytest.mark.parametrize("page", METHODS)
def test_a_method_is_told_under_the_same_headings(page: str) -> None:
    assert re.findall("^## (.+)$", PAGES[page], re.MULTILINE) == HEADINGS
    assert "**One number traced:**" in PAGES[page]


def test_pages_are_short() -> None:
    long = {name: text.count("\n") for name, text in PAGES.items()}
    assert {name for name, lines in long.items() if lines > LONGEST_PAGE} == set()
    assert len(METHODS) == 12


def test_examples_are_right() -> None:
    assert doctest.testmod(hooks).attempted > 2
    assert doctest.testmod(hooks).failed == 0


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="MkDocs is not installed")
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--site-dir",
            str(tmp_path / "site"),
        ],
        cwd=REPO_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    asked = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["'](?:https?:)?//""")
    pages = sorted((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    assert [page.name for page in pages if asked.search(page.read_text(encoding="utf-8"))] == []


def test_what_is_no_page_is_left_out() -> None:
    text = (REPO_ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    left_out = yaml.safe_load(text)["exclude_docs"].split()
    assert sorted(left_out) == sorted(
        path.name for path in DOCS.iterdir() if path.suffix in (".py", ".yml")
    )
