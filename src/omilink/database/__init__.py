"""The store, the queue and the limits in SQL, on SQLite and on PostgreSQL."""
