"""Users: signing in, passwords, own webhook addresses, limits."""
