"""Reads ZIP archives of an acquisition, as LI-COR's Image Studio exports them: a TIFF file for each channel.

What each channel is called comes from its file's name (700, 800, chemi...); texts and XML beside them are kept as what
the file says about the acquisition. Other members are left out and named. Before anything is unpacked, the archive's
list is checked: how many members, how large, where they lie, what they are called.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

from blotter_records.adapters.image_files.limits import Limits, check_channels
from blotter_records.adapters.image_files.xml_text import elements_of
from blotter_records.errors import Invalid, TooLarge
from blotter_records.ports.files import ReadFile, ReadImage

ReadTiff = Callable[[bytes, Limits], ReadFile]

_MOST_MEMBERS = 200
#: Most bytes of the list of members; and how its end is marked, and what says that a longer list follows.
_MOST_LIST = 200_000
_END, _END_BYTES = b"PK\x05\x06", 22
_ZIP64 = b"PK\x06\x07"
_MOST_TEXT = 200_000
_MOST_FACTS = 200
_MOST_RATIO = 200
_TIFF = re.compile(r"\.tiff?$", re.IGNORECASE)
_TEXT = re.compile(r"\.(txt|xml|csv|ini)$", re.IGNORECASE)
_CHANNEL = re.compile(r"(?<![0-9a-z])(520|600|680|700|800|chemi|visible|white)(?:nm)?(?![0-9a-z])", re.IGNORECASE)
_READ = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1 | 0x40 | 0x2000


def read_zip(data: bytes, limits: Limits, only: int | None, read_tiff: ReadTiff) -> ReadFile:
    """Return the channels of an acquisition in a ZIP archive, or only the one at a position.

    Parameters
    ----------
    read_tiff : callable
        Reads the TIFF file of one channel.

    Raises
    ------
    Invalid
        ``image.format`` (no archive, or without TIFF files), ``image.archive`` (members that are encrypted, lie over
        each other, or are called what no file may be called), ``image.truncated``, ``image.corrupt``,
        ``image.pages`` (channels that differ in size or type), and what reading a TIFF file raises.
    TooLarge
        ``image.too_large``, ``image.channels``.
    """
    _check_list(data)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except NotImplementedError as unread:
        raise Invalid("image.archive", f"The ZIP archive uses a part of ZIP that is not read: {unread}.") from unread
    except (zipfile.BadZipFile, ValueError) as broken:
        raise Invalid("image.truncated", "The ZIP archive is broken or was cut off.") from broken
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        _check_members(members, limits)
        scans = sorted((one for one in members if _TIFF.search(one.filename)), key=lambda one: one.filename)
        if not scans:
            raise Invalid(
                "image.format",
                "The ZIP archive holds no TIFF file: it is no acquisition of Image Studio.",
                "Export the acquisition with its channels as TIFF.",
            )
        check_channels(len(scans))
        names = _names(scans)
        wanted = range(len(scans)) if only is None else [only]
        images = [_channel(_unpacked(archive, scans[at]), names[at], limits, read_tiff) for at in wanted]
        left_out = [one for one in members if one not in scans and not _TEXT.search(one.filename)]
        metadata = _metadata(archive, [one for one in members if _TEXT.search(one.filename)])
    _check_alike(images)
    if left_out:
        metadata["left out"] = ", ".join(PurePosixPath(one.filename).name for one in left_out)[:500]
    return ReadFile("licor-zip", tuple(images), metadata=metadata)


def _check_list(data: bytes) -> None:
    """Refuse an archive whose list of members is long, before the list is read."""
    at = len(data) - _END_BYTES
    if data[at : at + 4] != _END or data[-2:] != b"\0\0":
        at = data.rfind(_END, max(0, len(data) - _END_BYTES - 0xFFFF))
    if at < 0 or at + _END_BYTES > len(data):
        raise Invalid("image.truncated", "The ZIP archive has no end: it may have been cut off.", "Copy it again.")
    count, size = struct.unpack_from("<HI", data, at + 10)
    if count > _MOST_MEMBERS or size > _MOST_LIST or data[max(0, at - 20) :][:4] == _ZIP64:
        raise TooLarge("image.too_large", f"The ZIP archive has more than {_MOST_MEMBERS} members, or a longer list.")


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """Refuse an archive by its list, before anything is unpacked."""
    total = sum(one.file_size for one in members)
    if total > limits.max_bytes:
        raise TooLarge("image.too_large", f"The ZIP archive unpacks to {total:,} bytes, {limits.max_bytes:,} may be.")
    names = set[str]()
    end = 0
    for one in sorted(members, key=lambda member: member.header_offset):
        path = PurePosixPath(one.filename)
        odd = set(one.filename) & {"\\", ":", "\0"} or path.is_absolute() or ".." in path.parts
        if odd or str(path).casefold() in names:
            raise Invalid("image.archive", f"A member of the ZIP archive is called {one.filename[:80]!r}: not read.")
        names.add(str(path).casefold())
        if one.flag_bits & _ENCRYPTED:
            raise Invalid("image.archive", "The ZIP archive is encrypted.", "Export it without a password.")
        if one.compress_type not in _READ:
            raise Invalid("image.compression", f"Compression {one.compress_type} of ZIP is not read.")
        if one.header_offset < end:
            raise Invalid("image.archive", "Members of the ZIP archive lie over each other.")
        end = one.header_offset + one.compress_size
        if one.file_size > (1 << 20) and one.file_size > _MOST_RATIO * max(1, one.compress_size):
            raise TooLarge("image.too_large", f"{path.name[:80]} in the ZIP archive would unpack to far too much.")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member: exactly as many as its entry says, with the checksum that it says."""
    try:
        with archive.open(member) as stream:
            plain = stream.read(member.file_size + 1)
    except NotImplementedError as unread:
        raise Invalid("image.archive", f"{member.filename[:80]} in the ZIP archive is not read: {unread}.") from unread
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as broken:
        raise Invalid("image.corrupt", f"{member.filename[:80]} in the ZIP archive does not unpack.") from broken
    if len(plain) != member.file_size:
        raise Invalid("image.corrupt", f"{member.filename[:80]} in the ZIP archive has another size than it says.")
    return plain


def _names(scans: list[zipfile.ZipInfo]) -> list[str]:
    """Return what each channel is called: by its file's name, whole where that says no channel or two say the same."""
    stems = [PurePosixPath(one.filename).stem for one in scans]
    found = [match[-1] if (match := _CHANNEL.findall(stem)) else "" for stem in stems]
    names = [f"{name} nm" if name.isdecimal() else name for name in found]
    return names if all(names) and len({*names}) == len(names) else [stem[:60] for stem in stems]


def _channel(data: bytes, name: str, limits: Limits, read_tiff: ReadTiff) -> ReadImage:
    read = read_tiff(data, limits)
    if len(read.channels) != 1 or read.is_picture:
        raise Invalid("image.pages", f"The TIFF file of {name} holds several images, or colours.")
    return replace(read.channels[0], channel=name)


def _check_alike(images: list[ReadImage]) -> None:
    kinds = {(one.counts.shape, one.counts.dtype, one.white_is_zero) for one in images}
    if len(kinds) > 1:
        raise Invalid("image.pages", "The channels in the ZIP archive differ in size or type.")


def _metadata(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, str]:
    """Return what texts and XML say, ``name: value``; one that cannot be read is named, the file itself keeps it."""
    said: dict[str, str] = {}
    for member in members:
        if member.file_size > _MOST_TEXT:
            said.setdefault(PurePosixPath(member.filename).name[:80], f"{member.file_size:,} bytes, not shown")
            continue
        for name, value in _facts(_unpacked(archive, member)):
            if len(said) < _MOST_FACTS and name and value:
                said.setdefault(name[:80], value[:300])
    return said


def _facts(data: bytes) -> list[tuple[str, str]]:
    """Return names and values of one text."""
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        try:
            elements = elements_of(data.lstrip(b" \r\n\t"))
        except Invalid as unread:
            return [("metadata", unread.message)]
        return [
            fact
            for one in elements
            for fact in [(one.name, one.text.strip()), *((f"{one.name} {k}", v) for k, v in one.attributes.items())]
        ]
    text = "".join(c for c in data.decode("utf-8", "replace") if c.isprintable() or c in "\n\t")
    pairs = (re.split(r"[:=\t]", line, maxsplit=1) for line in text.split("\n"))
    return [(pair[0].strip(), pair[1].strip()) for pair in pairs if len(pair) == 2]
