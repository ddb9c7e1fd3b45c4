"""Connectors: one YAML a platform. A new one needs no code (docs/connectors.md)."""
