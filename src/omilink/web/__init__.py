"""HTTP: routes, answers, the stream and the page."""
