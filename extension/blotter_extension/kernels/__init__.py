"""One kind of kernel, started in one way, and the one socket through which each reaches the records service."""
