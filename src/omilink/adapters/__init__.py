"""The outside: databases and buses that keep the promises of `ports`."""
