"""The hub's pages: tornado handlers that show what the records service decides."""
