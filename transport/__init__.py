"""How bytes travel: the HTTP client, bodies and their limits, retries, and what is kept secret."""
