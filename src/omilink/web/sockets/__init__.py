"""From the listening socket to a request, and the connection of a stream: uvicorn, within bounds."""
