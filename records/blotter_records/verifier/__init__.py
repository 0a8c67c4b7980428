"""The verifier of export bundles: one file without dependencies, which every bundle carries as ``verify.py``."""
