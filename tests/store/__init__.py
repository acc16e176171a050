"""The provisioning store, on SQLite and on a PostgreSQL of our own."""
