"""Lists exported to tools, or inspected: `targeted-lists preview`, `members` and `export`."""
