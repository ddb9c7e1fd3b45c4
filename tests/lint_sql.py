"""sqlfluff, without the limit of tokens that dbt lifts too: it passes over longer models else."""

from sqlfluff.cli.commands import cli
from sqlparse.engine import grouping

if __name__ == "__main__":
    grouping.MAX_GROUPING_TOKENS = None
    cli()
