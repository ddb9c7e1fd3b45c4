"""The command line: `targeted-lists VERB`."""
