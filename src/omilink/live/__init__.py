"""The live streams: a user's event log, and notifications within one process."""
