"""What is likely meant by a name, an expression, a path or the words of a refusal; asks nothing."""
