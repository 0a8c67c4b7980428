"""Instruments. Empty until acquisition is built; images come in by import."""
