"""The catalog's page for a browser: what is in it, what came in, and how it was mapped.

It changes nothing, works without JavaScript, and asks no other host for anything.
"""
