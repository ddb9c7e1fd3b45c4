"""A local app (`targeted-lists explore`): look up a customer, try list caps, browse rules."""
