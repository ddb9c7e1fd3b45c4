"""Lists handed over to tools, or looked at: `make preview`, `members` and `export`."""
