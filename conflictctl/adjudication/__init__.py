"""From history and policy to a ruling."""
