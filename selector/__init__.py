"""What the selector of a mapping may say, and how its faults are told."""
