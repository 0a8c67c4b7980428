"""Drafts of templates and protocols: written, signed by two, retired."""
