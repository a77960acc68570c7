"""jq: programs are checked here, read for the places they start from, and run apart."""
