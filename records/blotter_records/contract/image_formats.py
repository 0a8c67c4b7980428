"""Kinds of image files that are read: what a person may choose, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFormat:
    """One kind of file, known by its content and never by its name.

    Parameters
    ----------
    name : str
        As an image's record has it.
    label : str
        What people call it.
    endings : tuple of str
        How such files usually end: offered when a file is chosen, decides nothing.
    reads, refuses : str
        What is read, and what is not.
    is_picture : bool
        Not for quantification, unless policy ``image.pictures`` allows it.
    """

    name: str
    label: str
    endings: tuple[str, ...]
    reads: str
    refuses: str
    is_picture: bool = False


IMAGE_FORMATS = (
    ImageFormat(
        "tiff",
        "TIFF, BigTIFF",
        (".tif", ".tiff"),
        "grey, 8 or 16 bits or 32-bit floats; strips or tiles; no compression, LZW, deflate, PackBits; each page of "
        "one size and type is a channel. WhiteIsZero is said and changes no count. Red, green and blue are read as a "
        "picture",
        "palettes, signed or 64-bit values, floats that are not finite, other compressions, stacks and series, pages "
        "that differ",
    ),
    ImageFormat(
        "ome-tiff",
        "OME-TIFF",
        (".tif", ".tiff"),
        "as TIFF; channels are called what the file's XML calls them, or by their wavelength",
        "stacks, series, several images, pages in another order than the channels, XML with a document type",
    ),
    ImageFormat(
        "gel",
        "Molecular Dynamics, GE, Cytiva",
        (".gel",),
        "square roots become counts: stored value² × scale; linear values are multiplied by the scale; 32-bit floats",
        "other codings, a scale of nothing",
    ),
    ImageFormat(
        "1sc",
        "Bio-Rad Quantity One",
        (".1sc",),
        "8 or 16 bits, the level from which the camera saturates",
        "another byte order than Intel's, a size that the pixels do not have",
    ),
    ImageFormat(
        "scn",
        "Bio-Rad Image Lab",
        (".scn",),
        "one channel, 8 or 16 bits, as far as the format is known: no file of an instrument was at hand to try it",
        "several channels (how they lie is not known), anything that differs from what is known",
    ),
    ImageFormat(
        "licor-zip",
        "LI-COR acquisition (ZIP)",
        (".zip",),
        "each TIFF file in it is a channel, called by its file's name (700, 800, chemi); texts and XML are kept as "
        "facts of the acquisition. Tried on archives that tests make, not on one of an instrument",
        "encrypted members, paths out of the archive, members over each other, sizes that are not true, more than 200 "
        "members or 16 channels, archives without TIFF",
    ),
    ImageFormat(
        "png",
        "PNG",
        (".png",),
        "a picture: grey of 8 or 16 bits, or the rounded unweighted mean of red, green and blue of 8 bits",
        "colours of 16 bits, moving pictures, more than 80 million pixels",
        is_picture=True,
    ),
    ImageFormat(
        "jpeg",
        "JPEG",
        (".jpg", ".jpeg"),
        "a picture: grey, or the rounded unweighted mean of red, green and blue",
        "printer's colours, more than 80 million pixels",
        is_picture=True,
    ),
)

#: How files that are read usually end, each once.
ENDINGS = tuple(dict.fromkeys(ending for one in IMAGE_FORMATS for ending in one.endings))
