"""What a file really is, whatever it was said to be."""

from __future__ import annotations

from typing import Final

import puremagic

# What a browser may show in our pages: none of these can carry a script.
SHOWN: Final = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm", "audio/ogg", "audio/mpeg",
        "audio/mp4", "audio/amr",
    }
)  # fmt: skip
UNKNOWN: Final = "application/octet-stream"
_PROGRAMS: Final = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")
# Several types begin alike; the sniffer names one, and a claim of the same family may be the better name.
_ALIKE: Final = {
    "application/ogg": {"audio/ogg", "video/ogg"},
    "video/mp4": {"audio/mp4", "audio/m4a", "video/quicktime"},
    "application/zip": {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    },
}


def kind_of(content: bytes, claimed: str | None) -> str:
    """Return the type of a file by its content; `claimed` decides only between types that begin alike."""
    found = _sniffed(content)
    alike = _ALIKE.get(found, set())
    if claimed in alike:
        return str(claimed)
    if found == "application/ogg":  # what messengers send as Ogg is speech
        return "audio/ogg"
    return found


def is_program(content: bytes) -> bool:
    """True for what a computer would run when it is opened."""
    return content.startswith(_PROGRAMS)


def _sniffed(content: bytes) -> str:
    if not content:
        return UNKNOWN
    named = [match.mime_type for match in puremagic.magic_string(content) if match.mime_type]
    if named:
        return str(named[0])
    try:
        content.decode()
    except UnicodeDecodeError:
        return UNKNOWN
    return "text/plain"
