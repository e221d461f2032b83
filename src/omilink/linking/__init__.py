"""Whose a session is: the rules, the ways to link, and what is wrong with a session."""
