"""A local app to look up a customer, to try list caps and to browse rules: `make explore`."""
