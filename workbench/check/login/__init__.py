"""The base URL and what signs requests: which setting is to blame, and what lets requests in."""
