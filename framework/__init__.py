"""What stands in for Ocean's own parts, and what binds a resync to Ocean's context."""
