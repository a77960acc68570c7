"""What the items that were read say of the mapping: each remedy is proved on them."""
