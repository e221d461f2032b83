"""Decides which user owns a session: the rules, the ways to link, and the health of a session."""
