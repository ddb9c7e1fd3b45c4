"""Setting a dataset up from the files that a shop has: `targeted-lists init NAME FILE…`."""
