"""The database: tables, sessions, one module of queries a resource. SQL is written here only."""
