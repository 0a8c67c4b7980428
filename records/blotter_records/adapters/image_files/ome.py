"""OME-TIFF: the XML in the first description says which channel each page is."""

from __future__ import annotations

from blotter_records.adapters.image_files.xml_text import elements_of
from blotter_records.errors import Invalid


def is_ome(description: str) -> bool:
    """Tell whether a description is OME's XML."""
    return "<OME" in description[:2000] or "<ome:OME" in description[:2000]


def channel_names(description: str, pages: int) -> list[str]:
    """Return the name of each page's channel: its own name, its emission wavelength, or its number.

    Raises
    ------
    Invalid
        ``image.metadata`` if the XML cannot be read; ``image.pages`` if it says that the pages are something else
        than channels of one image (a stack, a series, several images).
    """
    elements = elements_of(description.encode())
    pixels = [one for one in elements if one.name == "Pixels"]
    if len(pixels) != 1 or any(pixels[0].attributes.get(axis, "1") != "1" for axis in ("SizeZ", "SizeT")):
        raise Invalid(
            "image.pages",
            "The OME-TIFF file holds a stack, a series or several images.",
            "Export one image with its channels.",
        )
    if pixels[0].attributes.get("SizeC", "1") != str(pages):
        said = pixels[0].attributes.get("SizeC", "1")[:20]
        raise Invalid("image.pages", f"The OME-TIFF file says {said} channels and holds {pages} pages.")
    places = [one.attributes for one in elements if one.name == "TiffData"]
    if any(one.get("FirstC", "0") != one.get("IFD", "0") for one in places):
        raise Invalid("image.pages", "The pages of the OME-TIFF file do not lie in the order of its channels.")
    channels = [one.attributes for one in elements if one.name == "Channel"]
    return [_name(channels[at] if at < len(channels) else {}, at, pages) for at in range(pages)]


def _name(channel: dict[str, str], at: int, pages: int) -> str:
    name = channel.get("Name", "").strip()
    wavelength = channel.get("EmissionWavelength", "").strip()
    unit = channel.get("EmissionWavelengthUnit", "nm").strip()
    return (name or (f"{wavelength} {unit}" if wavelength else "") or (f"channel {at + 1}" if pages > 1 else ""))[:60]
