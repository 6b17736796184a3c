"""The web page: TypeScript sources and, once built, the files in ``dist`` that the service sends."""
