"""Reviews of the audit trail of results: what is to be looked through, ticks and comments, and what is missing."""
