"""HTTP: the server, what every request passes through, the routes and the shapes of their answers."""
