"""Makes and connects the services, and runs the periodic work."""
