"""Small classes that stand in for what is outside."""
