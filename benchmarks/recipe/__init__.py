"""The plain sequential recipe: a small real integration, as most are written by hand."""
