"""Local stand-ins: a Port catalog over SQLite, a sample API, and a command line that runs both.

The real `ocean sail` is started between them as a process of its own; nothing here is imported by
the integration.
"""
