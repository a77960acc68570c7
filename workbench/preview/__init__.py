"""A resync into the local catalog, to look at before anything is deployed."""
