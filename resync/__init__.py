"""One resync: resources in, batches of items out."""
