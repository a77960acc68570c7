"""What one answer says: its items, its rows, and whether more pages follow."""
