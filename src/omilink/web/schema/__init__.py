"""The shapes of requests and answers, and /openapi.json."""
