"""Importers: files of any accepted kind, with what the user declares of them, to a checked district."""

from data.importers.declaration import Declaration
from data.importers.reading import Import, read, read_tables
from data.importers.sources import opened

__all__ = ["Declaration", "Import", "opened", "read", "read_tables"]
