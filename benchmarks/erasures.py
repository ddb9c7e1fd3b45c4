"""How long a run needs to find out who is erased, before it begins.

    python benchmarks/erasures.py --lines 5000000 --customers 400000 --erasures 20000

Customers have an e-mail and a phone each, and a tenth of them share the e-mail of another. Nothing
is read that an earlier run has read: the contacts are all new.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from targeted_lists.check.command import open_models  # noqa: E402
from targeted_lists.cli.request import adapter_of, prepare  # noqa: E402

FILES = {
    "order_lines": (
        "select i as order_id, (i * 7919) % {customers} as customer_id, "
        "'2026-03-01' as ordered_at, 'P' || i % 1000 as product_id, 1 as quantity, "
        "2.0 as unit_price, 'web' as channel, 'London' as city from range({lines}) as t(i)"
    ),
    "customers": (
        "select i as customer_id, "
        "'person' || if(i % 10 = 0, i + 1, i) || '@example.com' as email, "
        "'+44770' || lpad(i::varchar, 7, '0') as phone from range({customers}) as t(i)"
    ),
    "erasures": (
        "select 'Person' || i * 7 || '@Example.com' as email from range({erasures}) as t(i)"
    ),
}


def main() -> None:
    """Write a shop, find out who is erased in it, and print how long that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, count in (("lines", 5_000_000), ("customers", 400_000), ("erasures", 20_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    sizes = vars(parser.parse_args())
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        folder = Path("data/shop")
        folder.mkdir(parents=True)
        for name, sql in FILES.items():
            duckdb.execute(f"copy ({sql.format(**sizes)}) to '{folder / name}.csv' (header)")
        given = prepare("shop", Path("data"), "{}")
        with duckdb.connect() as connection:
            models = open_models(connection, {**given, "adapter": adapter_of(given)})
            begun = time.perf_counter()
            models.find_erased()
            seconds = time.perf_counter() - begun
            counted = connection.execute(
                "select kind, count(*) from main.erased_hashes group by kind order by kind"
            ).fetchall()
    print(f"{seconds:.1f} s; hashes: {dict(counted)}")


if __name__ == "__main__":
    main()
