"""Analysis protocols, and what is made by them."""
