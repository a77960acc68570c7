"""Requests to the API: a bounded look at each resource, and others with one thing otherwise."""
