"""What an API refuses, and what one more request proves of it."""
