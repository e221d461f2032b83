"""Accounts: sign-ins, passwords, emails, personal webhook addresses and rate limits."""
