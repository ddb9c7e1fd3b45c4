"""What MkDocs makes while it builds the site: pages whose content stands elsewhere.

The tables and their questions are read from the models' YAML, the glossary from glossary.yml, and
files outside docs/ that pages link to, such as queries/ready.sql, become pages. So nothing that
these pages say is written twice. Only the events of MkDocs at the end know MkDocs; the rest is
tested without it (tests/python/test_site.py).
"""

from __future__ import annotations

import csv
import html
import os
import posixpath
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "models"
# In the repository the package lies next to docs/; in a wheel it holds the project.
PACKAGE = ROOT / "targeted_lists" if (ROOT / "targeted_lists").is_dir() else ROOT.parent
# The page of dbt next to the site, which `targeted-lists docs` names.
DBT_PAGE = "TARGETED_LISTS_DBT_PAGE"
# As targeted_lists/runs/run_end.py publishes: test_site.py compares.
PUBLISHED_LAYERS = ("core", "marts", "lists", "metrics", "findings")
UNPUBLISHED_FOLDERS = {"preparation", "ml"}
SCHEMAS = {
    "core": ("Clean data", "Чистые данные"),
    "pivots": ("Pivots", "Сводки"),
    "rfm": ("RFM", "RFM"),
    "segmentation": ("Clusters and groups", "Кластеры и группы"),
    "basket": ("Baskets and rules", "Корзины и правила"),
    "offers": ("Offers", "Предложения"),
    "clv": ("Lifetime value", "Ценность клиента"),
    "activity": ("Who will buy less", "Кто станет покупать меньше"),
    "response": ("Who will respond", "Кто откликнется"),
    "new_customers": ("New customers", "Новые клиенты"),
    "targeting": ("From candidates to lift", "От кандидатов до эффекта"),
    "monitoring": ("Monitoring", "Мониторинг"),
    "lists": ("Lists", "Списки"),
    "metrics": ("Metrics", "Показатели"),
    "findings": ("Findings", "Находки"),
}
"""Schemas of the published file in their order, with their headings in English and Russian."""

PUBLICATION = {
    "publication": {
        "en": "What was published, when, as of which day, from which code?",
        "ru": "Что опубликовано, когда, на какую дату и из какого кода?",
        "columns": "dataset, language, currency, time_zone, tax_basis, small_cell, "
        "code_version, project_version, dbt_version, duckdb_version, table_count, row_count, "
        "as_of_date, published_at",
    },
    "publication_tables": {
        "en": "Which tables were published, with how many rows?",
        "ru": "Какие таблицы опубликованы и сколько в них строк?",
        "columns": "schema_name, table_name, row_count",
    },
}
"""What the publication adds to the models (`write_publication`)."""

FILES = {
    "queries/ready.sql": "ready_queries.md",
    "benchmarks/RESULTS.md": "benchmark_results.md",
    "DECISIONS.md": "decisions.md",
    "STYLE.md": "style.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Files outside docs/ that are pages of the site. A link to one leads to its page."""

DOC_CALL = re.compile(r"""\{\{\s*doc\(\s*["'](\w+)["']\s*\)\s*\}\}""")
DOC_BLOCK = re.compile(r"\{%\s*docs\s+(\w+)\s*%\}(.*?)\{%\s*enddocs\s*%\}", re.DOTALL)
GRAIN = re.compile(r"\s*One row per [^.]+\.$")
LINK = re.compile(r"\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")
CODE = re.compile(r"`([^`]+)`")


class SiteError(ValueError):
    """A page cannot be made; the message says what to correct."""


def read_doc_blocks(folder: Path = MODELS) -> dict[str, str]:
    """Return the text of each doc block of the models, by its name."""
    return {
        name: text.strip()
        for path in sorted(folder.rglob("*.md"))
        for name, text in DOC_BLOCK.findall(path.read_text(encoding="utf-8"))
    }


def resolve(text: str, blocks: dict[str, str]) -> str:
    """Return a description with its doc blocks in place.

    Raises
    ------
    SiteError : a block is unknown, or something of Jinja is left.

    Examples
    --------
    >>> resolve('{{ doc("lift") }}', {"lift": "Confidence over support."})
    'Confidence over support.'
    """

    def block(call: re.Match[str]) -> str:
        if call[1] not in blocks:
            raise SiteError(f"a description names the doc block {call[1]}, and there is none")
        return blocks[call[1]]

    resolved = DOC_CALL.sub(block, text)
    if "{{" in resolved or "{%" in resolved:
        raise SiteError(f"a description holds Jinja that is no doc block: {resolved.strip()}")
    return resolved.strip()


def find_published(folder: Path = MODELS) -> list[Path]:
    """Return the SQL files whose tables readers get, in order of schema and name."""
    found = [
        path
        for layer in PUBLISHED_LAYERS
        for path in (folder / layer).rglob("*.sql")
        if UNPUBLISHED_FOLDERS.isdisjoint(path.relative_to(folder).parts)
    ]
    order = list(SCHEMAS)
    return sorted(found, key=lambda path: (order.index(schema_of(path, folder)), path.stem))


def schema_of(path: Path, folder: Path = MODELS) -> str:
    """Return the schema of a model: its layer, or of a mart the mart."""
    layer, *below = path.relative_to(folder).parts
    return below[0] if layer == "marts" else layer


def read_tables(folder: Path = MODELS) -> list[dict[str, Any]]:
    """Return what the YAML says of each published table, with its doc blocks in place.

    Returns
    -------
    One dict per table: schema, name, question (by language), description, grain (the sentence
    that says what a row is) and columns (name, type and description), in order of schema and name.

    Raises
    ------
    SiteError : a table is not described, or its question lacks a language.
    """
    blocks = read_doc_blocks(folder)
    models = {
        model["name"]: model
        for path in sorted(folder.rglob("*__models.yml"))
        for model in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("models") or []
    }
    tables = []
    for path in find_published(folder):
        name = path.stem
        if name not in models:
            raise SiteError(f"{name} is published, and no YAML describes it")
        model = models[name]
        question = ((model.get("config") or {}).get("meta") or {}).get("question") or {}
        if not all(question.get(language) for language in ("en", "ru")):
            raise SiteError(f"{name} needs config.meta.question.en and .ru in its YAML")
        described = " ".join(resolve(model["description"], blocks).split())
        grain = GRAIN.search(described)
        tables.append(
            {
                "schema": schema_of(path, folder),
                "name": name,
                "question": question,
                "description": GRAIN.sub("", described),
                "grain": grain[0].strip() if grain else "",
                "columns": [
                    {
                        "name": column["name"],
                        "type": column.get("data_type", ""),
                        "description": resolve(column.get("description", ""), blocks),
                    }
                    for column in model.get("columns") or []
                ],
            }
        )
    return tables


def render_tables(tables: Iterable[dict[str, Any]]) -> str:
    """Return the catalogue in Markdown: each table with its question and its columns."""
    parts = []
    for schema, group in by_schema(tables):
        parts.append(f"## {SCHEMAS[schema][0]}: schema `{schema}` {{ #{schema} }}\n")
        for table in group:
            name = table["name"]
            # The table of contents is narrow, and its headings say the schema.
            parts.append(f'### {schema}.{name} {{ #{schema}-{name} data-toc-label="{name}" }}\n')
            parts.append(f"**{table['question']['en']}**\n")
            # Some descriptions begin with the same question.
            said = table["description"].removeprefix(table["question"]["en"])
            parts.append(f"{said} *{table['grain']}*\n".lstrip())
            parts.append(render_columns(table["columns"]))
    parts.append("## The publication: schema `main` { #main }\n")
    for name, said in PUBLICATION.items():
        parts.append(f"### main.{name} {{ #main-{name} }}\n\n**{said['en']}**\n")
        columns = ", ".join(f"`{column}`" for column in said["columns"].split(", "))
        parts.append(f"Columns: {columns}.\n")
    return "\n".join(parts)


def render_columns(columns: list[dict[str, str]]) -> str:
    """Return the columns of a table as HTML that folds away."""
    rows = "\n".join(
        f"<tr><td><code>{html.escape(column['name'])}</code></td>"
        f"<td><code>{html.escape(column['type'])}</code></td>"
        f"<td>{to_html(column['description'])}</td></tr>"
        for column in columns
    )
    return (
        f'<details class="columns"><summary>{len(columns)} columns</summary>\n'
        "<table><thead><tr><th>column</th><th>type</th><th>what it is</th></tr></thead><tbody>\n"
        f"{rows}\n</tbody></table></details>\n"
    )


def to_html(text: str) -> str:
    """Return a description as HTML: escaped, with its code and bold words, on one line.

    Examples
    --------
    >>> to_html("1 < `a`, **b**")
    '1 &lt; <code>a</code>, <b>b</b>'
    """
    lines, tables = [], []
    for line in text.splitlines():
        (tables if line.startswith("|") else lines).append(line)
    escaped = html.escape(" ".join(" ".join(lines).split()), quote=False)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in tables]
    if rows:
        # A table within a description, of which the second line is the rule below the header.
        cells = [" → ".join(html.escape(cell, quote=False) for cell in row) for row in rows]
        escaped += "<br>" + "<br>".join(cells[:1] + cells[2:])
    return re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", CODE.sub(r"<code>\1</code>", escaped))


def render_tables_ru(tables: Iterable[dict[str, Any]]) -> str:
    """Return the catalogue in Russian: the question of each table, and where it is described."""
    parts = []
    for schema, group in by_schema(tables):
        parts.append(f"## {SCHEMAS[schema][1]}: схема `{schema}` {{ #{schema} }}\n")
        parts.append("| таблица | на какой вопрос отвечает |\n|---|---|")
        parts += [
            f"| [{name}](tables.md#{schema}-{name}) | {question['ru']} |"
            for name, question in ((table["name"], table["question"]) for table in group)
        ]
        parts.append("")
    parts.append("## Публикация: схема `main` { #main }\n")
    parts.append("| таблица | на какой вопрос отвечает |\n|---|---|")
    parts += [
        f"| [{name}](tables.md#main-{name}) | {said['ru']} |" for name, said in PUBLICATION.items()
    ]
    return "\n".join([*parts, ""])


def by_schema(tables: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the tables by schema, in the order of SCHEMAS."""
    groups: dict[str, list[dict[str, Any]]] = {schema: [] for schema in SCHEMAS}
    for table in tables:
        groups[table["schema"]].append(table)
    return [(schema, group) for schema, group in groups.items() if group]


def read_glossary(path: Path = ROOT / "docs/glossary.yml") -> list[dict[str, Any]]:
    """Return the terms of the glossary with their meanings.

    A term takes the meaning of a doc block of the models where it names one (`doc`), and the
    Russian of a code's label (`label`), else its own.

    Raises
    ------
    SiteError : a doc block or a label is unknown.
    """
    blocks = read_doc_blocks()
    with (ROOT / "seeds/code_labels.csv").open(encoding="utf-8", newline="") as file:
        labels = {f"{row['kind']}, {row['code']}": row["ru"] for row in csv.DictReader(file)}
    terms = yaml.safe_load(path.read_text(encoding="utf-8"))
    for term in terms:
        if "doc" in term:
            term["meaning"] = resolve('{{ doc("' + term["doc"] + '") }}', blocks)
        if "label" in term:
            if term["label"] not in labels:
                raise SiteError(f"the glossary names the label {term['label']}, and there is none")
            term["ru"] = labels[term["label"]]
    return sorted(terms, key=lambda term: term["term"].lower())


def render_glossary(terms: Iterable[dict[str, Any]]) -> str:
    """Return the glossary in Markdown: a heading a term, so that a search finds it."""
    parts = []
    for term in terms:
        schema, table, *column = term["where"].split(".")
        anchor = re.sub(r"\W+", "-", term["term"].lower()).strip("-")
        parts.append(f"## {term['term']} {{ #{anchor} }}\n")
        parts.append(" ".join(term["meaning"].split()) + "\n")
        link = f"[`{'.'.join([schema, table, *column])}`](tables.md#{schema}-{table})"
        parts.append(f"По-русски: *{term['ru']}*. Found in: {link}.\n")
    return "\n".join(parts)


def render_queries(sql: str) -> str:
    """Return queries/ready.sql as a page: each comment that is a question, and its query."""
    parts = ["# Ready queries\n"]
    for block in re.split(r"\n\n+(?=-- )", sql.strip()):
        lines = block.splitlines()
        comment = " ".join(line.removeprefix("--").strip() for line in lines if line[:2] == "--")
        query = "\n".join(line for line in lines if line[:2] != "--").strip()
        parts.append(f"## {comment}\n\n```sql\n{query}\n```\n" if query else f"{comment}\n")
    return "\n".join(parts)


def read_commands() -> dict[str, Any]:
    """Return the verbs of the program, by name, as its own library describes them."""
    import typer

    # MkDocs runs hooks from its own folder; installed, the package is found by itself.
    sys.path.insert(0, str(ROOT))
    try:
        from targeted_lists.cli.app import app
    finally:
        sys.path.remove(str(ROOT))
    return typer.main.get_command(app).commands


def render_commands(commands: dict[str, Any], codes: str) -> str:
    """Return the reference of the command line: exit codes, and each verb with its options.

    Parameters
    ----------
    codes : the exit codes as a table, from the docstring of the module that gives them.
    """
    parts = ["## Exit codes { #exit-codes }\n", codes]
    for verb, command in commands.items():
        parts.append(f"## {verb} {{ #{verb} }}\n\n{command.help.strip()}\n")
        parts.append("| option | what it is | default |\n|---|---|---|")
        for option in command.params:
            name = ", ".join(f"`{one}`" for one in option.opts)
            kept = option.default if option.default not in (None, "", False) else ""
            needed = "**needed**" if option.required else f"`{kept}`" if kept != "" else ""
            parts.append(f"| {name} | {(option.help or '').replace('|', ' or ')} | {needed} |")
        shown = [line for line in command.epilog.split("\n\n") if line != "Examples:"]
        parts.append("\n```\n" + "\n".join(shown) + "\n```\n")
    return "\n".join(parts)


def read_codes() -> str:
    """Return the table of exit codes."""
    text = (PACKAGE / "cli" / "conclude.py").read_text(encoding="utf-8")
    return (
        "\n".join(re.findall(r"^\|.*\|$", text.partition('"""\n\nfrom')[0], re.MULTILINE)) + "\n"
    )


def make_pages(folder: Path = ROOT) -> dict[str, str]:
    """Return the Markdown of each page that is made, by its name in docs/."""
    tables = read_tables(folder / "models")
    fillings = {
        "tables.md": render_tables(tables),
        "tables.ru.md": render_tables_ru(tables),
        "glossary.md": render_glossary(read_glossary(folder / "docs/glossary.yml")),
        "commands.md": render_commands(read_commands(), read_codes()),
    }
    pages = {
        name: (folder / "docs" / name).read_text(encoding="utf-8").rstrip() + "\n\n" + filling
        for name, filling in fillings.items()
    }
    for source, name in FILES.items():
        text = (folder / source).read_text(encoding="utf-8")
        pages[name] = render_queries(text) if source.endswith(".sql") else text
    return pages


def lead_to_pages(markdown: str, *, source: str) -> str:
    """Return a page whose links to files outside docs/ lead to the pages made of these.

    Parameters
    ----------
    source : the page's file, as the repository names it.

    Examples
    --------
    >>> lead_to_pages("[why](../../DECISIONS.md#cleaning)", source="docs/methods/rfm.md")
    '[why](../decisions.md#cleaning)'
    """
    here = posixpath.dirname(source)
    inside = here if here.startswith("docs") else "docs"

    def lead(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, link[1]))
        if target in FILES:
            target = f"docs/{FILES[target]}"
        return f"]({posixpath.relpath(target, inside)}{link[2] or ''})"

    return LINK.sub(lead, markdown)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are made; MkDocs calls it when it has listed docs/."""
    from mkdocs.structure.files import File

    for name, content in make_pages().items():
        there = files.get_file_from_path(name)
        if there is not None:
            files.remove(there)
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Lead the links of a page to pages; MkDocs calls it before it reads the Markdown."""
    outside = {page_name: source for source, page_name in FILES.items()}
    name = page.file.src_uri
    return lead_to_pages(markdown, source=outside.get(name, f"docs/{name}"))


def on_page_content(content: str, *, page: Any, config: Any, files: Any) -> str:
    """Lead from the first page to the page of dbt, where one lies next to the site."""
    there = os.environ.get(DBT_PAGE)
    if not there or page.file.src_uri != "index.md":
        return content
    dataset = html.escape(Path(there).name.split(".")[0])
    said = f"Models, tests and the lineage graph of {dataset} (dbt)"
    link = f'<a href="{html.escape(there)}">{said}</a>'
    return f"{content}\n<p>{link}</p>\n"
