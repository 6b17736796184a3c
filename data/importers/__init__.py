"""Importers: files of any accepted kind, with what the user declares of them, to a checked district."""

from data.importers.declaration import Declaration
from data.importers.reading import Import, read

__all__ = ["Declaration", "Import", "read"]
