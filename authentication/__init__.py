"""How requests are signed: schemes as ``httpx.Auth`` flows, which do no HTTP of their own."""
