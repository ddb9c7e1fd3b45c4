"""What customers will be worth: orders and margin to come, with ranges, and how far they hold."""
