"""What the selector of a mapping may say, and the faults of a mapping in words."""
