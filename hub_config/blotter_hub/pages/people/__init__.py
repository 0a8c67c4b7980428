"""Pages about people: accounts, who had which access, access reviews, the own account."""
