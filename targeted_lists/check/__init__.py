"""Looking at a dataset's files before anything is built: `targeted-lists check`."""
