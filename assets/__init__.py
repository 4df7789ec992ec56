"""Dagster assets: when and where the library runs."""
