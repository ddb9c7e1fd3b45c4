"""Lists exported to tools, or inspected: `make preview`, `members` and `export`."""
