"""Speed, measured: ratios against a written-down baseline and against the physical limit."""
