"""JSON that tests write down: of a literal they know the form themselves."""

from typing import Any

Json = Any
"""A JSON value, looked into without asking what it is."""
