"""Instruments: drivers, the authenticated transfer of images, and the simulator (docs/explanation/instruments.md)."""
