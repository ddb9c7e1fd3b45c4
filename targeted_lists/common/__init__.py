"""What every room stands on: files written whole, folders, SQL names, YAML and the console."""
