"""What users take along: conversations as files."""
