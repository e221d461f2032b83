"""Accounts: sign-ins, passwords, emails, personal webhook URLs and rate limits."""
