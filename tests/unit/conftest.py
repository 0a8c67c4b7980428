"""Fixtures of the unit tests: ``sample_images``, the folder of real gel and blot images."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_images() -> Path:
    """Return the folder of real images: BLOTTER_SAMPLE_IMAGES, or ``../shared/data/gels`` beside the checkout."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / "gels"
    folder = Path(os.environ.get("BLOTTER_SAMPLE_IMAGES") or beside)
    if (folder / "biorad_test4_ref.tif").is_file():
        return folder
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs the sample images: none in {folder}", pytrace=False)
    pytest.skip("needs the sample images")
