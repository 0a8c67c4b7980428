"""Pictures are not for quantification, unless policy image.pictures allows it (requirements A3, formats)."""

from __future__ import annotations

from blotter_records.domain.records import Image
from blotter_records.errors import Conflict, Invalid
from blotter_records.services.acting.actor import Actor

_HINT = "Export the original image of the instrument as TIFF, 8 or 16 bits, grey, and import that."


def check_quantifiable(actor: Actor, image: Image) -> None:
    """Refuse to make numbers, or a result, of a picture.

    Raises
    ------
    Conflict
        ``conflict.picture``.
    """
    if image.is_picture and actor.configuration.policies.pictures != "measure":
        raise Conflict(
            "conflict.picture",
            f"{image.image} is a picture ({image.format}), not for quantification (policy image.pictures).",
            _HINT,
        )


def check_importable(actor: Actor, *, file_name: str, form: str, is_picture: bool) -> None:
    """Refuse to import a picture where the policy does not want any.

    Raises
    ------
    Invalid
        ``image.picture``.
    """
    if is_picture and actor.configuration.policies.pictures not in {"view", "measure"}:
        raise Invalid(
            "image.picture",
            f"{file_name} is a picture ({form}); pictures are not imported (policy image.pictures).",
            _HINT,
        )
