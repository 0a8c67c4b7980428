"""Endpoints, one module for each noun; each declares its action and does nothing but call its service."""
