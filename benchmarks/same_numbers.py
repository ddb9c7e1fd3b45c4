"""Whether two published files hold the same, under a map of names: for a change of names alone.

    python benchmarks/same_numbers.py OLD.duckdb NEW.duckdb --names benchmarks/renamed.csv

Every table of the old file is looked for in the new one under its new name, its columns and codes
likewise, and compared both ways (`except all`). Codes, keys and numbers must be equal to the bit
(floats to 1e-9). Texts for people may read differently: each pair of an old and a new text is
listed once, so that it can be looked at. Exit code 1 where anything else differs.

`renamed.csv` has the columns `kind` (table, column or code), `old` and `new`. A table is named
with its schema; a column with its table (`table.column`) or, where it is renamed everywhere,
without; a code is a whole cell, of any column. A column whose new name is `-` is gone.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

import duckdb

# When and by what code it was published, and the words themselves.
IGNORED = {"main.publication", "main.publication_tables", "metrics.labels", "core.page_texts"}
RUN_COLUMNS = {"publication_id"}
MOST_SHOWN = 5


def read_names(path: Path) -> dict[str, dict[str, str]]:
    """Return the new name of each old one, by kind."""
    names: dict[str, dict[str, str]] = {"table": {}, "column": {}, "code": {}}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names[row["kind"]][row["old"]] = row["new"]
    return names


def read_tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """Return the columns of each table and their types."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and not internal order by table_name, column_index",
        [database],
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        tables.setdefault(table, {})[column] = kind
    return tables


def is_text(kind: str) -> bool:
    """Whether a column holds texts or codes."""
    return kind == "VARCHAR" or kind.startswith("ENUM")


def compare_table(
    connection: duckdb.DuckDBPyConnection,
    *,
    table: str,
    names: dict[str, dict[str, str]],
    old: dict[str, dict[str, str]],
    new: dict[str, dict[str, str]],
    texts: Counter[tuple[str, str, str]],
) -> str | None:
    """Return what differs in a table, None where nothing but texts does."""
    target = names["table"].get(table, table)
    if target not in new:
        return f"is missing as {target}"
    chosen_old, chosen_new, kept = [], [], []
    for column, kind in old[table].items():
        renamed = names["column"].get(f"{table}.{column}", names["column"].get(column, column))
        if renamed == "-" or column in RUN_COLUMNS:
            continue
        if renamed not in new[target]:
            return f"lacks {renamed} (was {column})"
        kept.append(renamed)
        if is_text(kind):
            left = f'coalesce(codes[old."{column}"::varchar], old."{column}"::varchar)'
            chosen_old.append(f'{left} as "{renamed}"')
            chosen_new.append(f'new."{renamed}"::varchar as "{renamed}"')
        elif kind in ("DOUBLE", "FLOAT"):
            rounded = (
                "case when {0} = 0 or isinf({0}) or isnan({0}) then {0} "
                "else round({0}, 10 - ceil(log10(abs({0})))::integer) end"
            )
            chosen_old.append(rounded.format(f'old."{column}"') + f' as "{renamed}"')
            chosen_new.append(rounded.format(f'new."{renamed}"') + f' as "{renamed}"')
        else:
            chosen_old.append(f'old."{column}" as "{renamed}"')
            chosen_new.append(f'new."{renamed}" as "{renamed}"')
    codes = names["code"]
    literal = (
        "map(["
        + ", ".join("'" + one.replace("'", "''") + "'" for one in codes)
        + "], ["
        + ", ".join("'" + one.replace("'", "''") + "'" for one in codes.values())
        + "])"
    )
    connection.execute(
        f"create or replace temp table was as select {', '.join(chosen_old)} "
        f"from old.{table} as old, (select {literal} as codes)"
    )
    connection.execute(
        f"create or replace temp table now as "
        f"select {', '.join(chosen_new)} from new.{target} as new"
    )
    for one in ("was", "now"):
        other = "now" if one == "was" else "was"
        connection.execute(
            f"create or replace temp table only_{one} as from {one} except all from {other}"
        )
    counts = [
        connection.execute(f"select count(*) from only_{one}").fetchall()[0][0]
        for one in ("was", "now")
    ]
    if counts == [0, 0]:
        return None
    return explain(connection, table, kept, old[table], counts, texts)


def explain(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: list[str],
    kinds: dict[str, str],
    counts: list[int],
    texts: Counter[tuple[str, str, str]],
) -> str | None:
    """Return what differs beyond texts: leave out text columns until nothing does."""
    types = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where table_name = 'was'"
        ).fetchall()
    )
    differing = []
    for column in columns:
        rest = ", ".join(f'"{one}"' for one in columns if one != column) or "1"
        left = connection.execute(
            f"select count(*) from (select {rest} from only_was except all "
            f"select {rest} from only_now)"
        ).fetchall()[0][0]
        if left < counts[0]:
            differing.append(column)
    wrong = [column for column in differing if types[column] != "VARCHAR"]
    if not differing:
        # Several texts of one row differ.
        differing = [column for column in columns if types[column] == "VARCHAR"]
    rest = [column for column in columns if types[column] != "VARCHAR"]
    listed = ", ".join(f'"{one}"' for one in rest) or "1"
    left = connection.execute(
        f"select count(*) from (select {listed} from only_was "
        f"except all select {listed} from only_now)"
    ).fetchall()[0][0]
    if left or counts[0] != counts[1]:
        shown = connection.execute(f"from only_was limit {MOST_SHOWN}").fetchall()
        against = connection.execute(f"from only_now limit {MOST_SHOWN}").fetchall()
        return (
            f"{counts[0]} and {counts[1]} rows stand alone (columns {wrong or differing}):\n"
            f"      was {shown}\n      now {against}"
        )
    keys = [column for column in columns if column not in differing]
    joined = (
        " and ".join(f'was."{one}" is not distinct from now."{one}"' for one in keys) or "true"
    )
    for column in differing:
        pairs = connection.execute(
            f'select distinct was."{column}", now."{column}" from only_was as was '
            f"inner join only_now as now on {joined} "
            f'where was."{column}" is distinct from now."{column}" limit 200'
        ).fetchall()
        for before, after in pairs:
            texts[f"{table}.{column}", str(before), str(after)] += 1
    return None


def main() -> int:
    """Compare two files and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--texts", type=Path, help="a csv of the texts that differ")
    options = parser.parse_args()
    names = read_names(options.names)
    texts: Counter[tuple[str, str, str]] = Counter()
    faults = 0
    with duckdb.connect() as connection:
        connection.execute(f"attach '{options.old}' as old (read_only)")
        connection.execute(f"attach '{options.new}' as new (read_only)")
        old, new = read_tables(connection, "old"), read_tables(connection, "new")
        for table in sorted(old):
            if table in IGNORED:
                continue
            fault = compare_table(
                connection, table=table, names=names, old=old, new=new, texts=texts
            )
            if fault:
                faults += 1
                print(f"{table}: {fault}")
    print(
        f"{len(old) - len(IGNORED)} tables compared, {faults} differ, "
        f"{len(texts)} texts read differently"
    )
    if options.texts:
        with options.texts.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["column", "old", "new"])
            writer.writerows(sorted(texts))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
