"""Pages that the records service renders itself: the signing page."""
