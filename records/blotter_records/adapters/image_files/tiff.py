"""Reads TIFF files: grey counts of 8 and 16 bits, floats of 32; several channels; BigTIFF, OME, `.gel`.

Compression none, LZW, deflate or PackBits; strips or tiles; either byte order. Everything is checked before a pixel is
decoded, and every strip must decode to exactly the bytes that its rows need: a file that was cut off, or that says
something else than it holds, is refused. Colours (red, green, blue) are read as a picture.
"""

from __future__ import annotations

from dataclasses import replace

from blotter_records.adapters.image_files import molecular_dynamics, ome
from blotter_records.adapters.image_files.counts import grey_of, image_of
from blotter_records.adapters.image_files.limits import Limits, check_channels
from blotter_records.adapters.image_files.resolution import pixel_um
from blotter_records.adapters.image_files.tiff_directory import Directory, Tag, read_directories
from blotter_records.adapters.image_files.tiff_pixels import Layout, decode, layout_of
from blotter_records.errors import Invalid
from blotter_records.ports.files import ReadFile, ReadImage

_RGB = 2


def read_tiff(data: bytes, limits: Limits, only: int | None = None) -> ReadFile:
    """Return the channels of a TIFF file, or only the one at a position.

    Raises
    ------
    Invalid
        ``image.format`` (not a TIFF file, or one that contradicts itself), ``image.truncated``, ``image.corrupt``
        (a strip does not decode), ``image.colour`` (a palette, several samples that are no colours), ``image.depth``
        (signed, 64 bits...), ``image.not_finite``, ``image.pages`` (images that are not channels of one
        acquisition), ``image.compression``, ``image.encoding``.
    TooLarge
        ``image.too_large``, ``image.channels``, before anything is decoded.
    """
    directories = read_directories(data)
    coding = molecular_dynamics.coding_of(directories)
    pages, notes = ([directories[0]], []) if coding else _channels(directories)
    for page in pages:
        _check_kind(page)
    layouts = [layout_of(page) for page in pages]
    _check_alike(pages, layouts)
    check_channels(len(pages))
    limits.check_pixels(layouts[0].rows, layouts[0].columns, sum(one.pixel_bytes for one in layouts), len(data))
    description = pages[0].texts.get(Tag.DESCRIPTION, "")
    names = ome.channel_names(description, len(pages)) if ome.is_ome(description) else _page_names(pages)
    wanted = range(len(pages)) if only is None else [only]
    images = []
    for at in wanted:
        image = _read_page(data, pages[at], layouts[at], names[at], notes)
        images.append(replace(coding.decoded(image) if coding else image, pixel_um=pixel_um(pages[at])))
    form = "gel" if coding else "ome-tiff" if ome.is_ome(description) else "tiff"
    return ReadFile(form, tuple(images), is_picture=layouts[0].samples > 1)


def _channels(directories: list[Directory]) -> tuple[list[Directory], list[str]]:
    """Leave out small copies to look at; refuse what is a stack and says so."""
    pages = [one for one in directories if not one.one(Tag.SUBFILE_TYPE, 0) & 1]
    if not pages:
        raise Invalid("image.pages", "The TIFF file holds small copies only, no image.")
    said = _stacked(pages[0].texts.get(Tag.DESCRIPTION, ""))
    if said not in {1, len(pages)}:
        raise Invalid(
            "image.pages",
            f"The TIFF file says that it holds {said} images and lists {len(pages)}.",
            "Export each image as its own file.",
        )
    left_out = len(directories) - len(pages)
    return pages, [f"{left_out} smaller copies in the file were left out."] if left_out else []


def _stacked(description: str) -> int:
    """Return of how many images ImageJ's stack is made (``images=N``), 1 where ImageJ does not say."""
    if not description.startswith("ImageJ="):
        return 1
    fields = dict(line.partition("=")[::2] for line in description.splitlines())
    said = fields.get("images", "1").strip()
    if any(fields.get(axis, "1").strip() != "1" for axis in ("slices", "frames")) or not said.isdecimal():
        raise Invalid("image.pages", "The TIFF file holds a stack or a series.", "Export each image as its own file.")
    return int(said[:9])


def _check_kind(page: Directory) -> None:
    """Refuse all but grey pages of plain values, and pictures in red, green and blue."""
    photometric, samples = page.one(Tag.PHOTOMETRIC), page.one(Tag.SAMPLES_PER_PIXEL, 1)
    is_colour = photometric == _RGB and samples in {3, 4} and page.one(Tag.PLANAR, 1) == 1
    if not is_colour and (photometric not in {0, 1} or samples != 1):
        what = "a palette" if photometric == 3 else "colours or several samples in one pixel"
        raise Invalid("image.colour", f"The TIFF file has {what}; numbers are made from grey values only.")
    if page.one(Tag.FILL_ORDER, 1) != 1:
        raise Invalid("image.encoding", "The bits of each byte are stored in reverse (FillOrder 2).")


def _check_alike(pages: list[Directory], layouts: list[Layout]) -> None:
    """Refuse pages that cannot be channels of one acquisition."""
    kinds = {
        (one.rows, one.columns, one.samples, one.dtype, page.one(Tag.PHOTOMETRIC))
        for page, one in zip(pages, layouts, strict=True)
    }
    if len(kinds) > 1 or (len(pages) > 1 and layouts[0].samples > 1):
        raise Invalid(
            "image.pages",
            "The TIFF file holds several images that differ in size or type, or are in colour.",
            "Channels of one acquisition have one size and type. Export each image as its own file.",
        )


def _page_names(pages: list[Directory]) -> list[str]:
    """Return what pages without OME are called: their own name, or their number."""
    if len(pages) == 1:
        return [pages[0].texts.get(Tag.PAGE_NAME, "").strip()[:60]]
    return [page.texts.get(Tag.PAGE_NAME, "").strip()[:60] or f"channel {at}" for at, page in enumerate(pages, 1)]


def _read_page(data: bytes, page: Directory, layout: Layout, name: str, notes: list[str]) -> ReadImage:
    """Decode one page."""
    told = notes + _notes(page)
    counts = decode(data, layout)
    if layout.samples > 1:
        if layout.dtype.kind != "u":
            raise Invalid("image.depth", "The TIFF file has colours of floating-point values.")
        counts, said = grey_of(counts)
        told.extend(said)
    return image_of(
        counts,
        compression=layout.compression,
        white_is_zero=page.one(Tag.PHOTOMETRIC) == 0,
        notes=tuple(told),
        channel=name,
    )


def _notes(page: Directory) -> list[str]:
    """Say what the file asks for and is not done."""
    notes = []
    if page.one(Tag.ORIENTATION, 1) != 1:
        notes.append("The file asks for a turned or mirrored view; pixels stay as stored.")
    if Tag.GRAY_RESPONSE_CURVE in page.numbers:
        notes.append("The file has a grey response curve; it is not applied.")
    if page.one(Tag.PHOTOMETRIC) == 0:
        # The tag says how a value is shown (0 is white), not what was measured: on a blot dark means signal.
        notes.append("WhiteIsZero: counts are the values as stored; the file asks to show 0 as white.")
    return notes
