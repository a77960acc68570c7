"""What the files alone tell of an installation, each fault in its line."""
