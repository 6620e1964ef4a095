"""What a file says beside its content: where, when, with what and by whom it was made. Taken out.

Pictures are decoded and written anew, upright and at their own quality, so that nothing rides along
behind or between the parts of the file. Recordings lose their descriptions; voices and faces are
not touched.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

MAX_PIXELS = 80_000_000
"""Over all frames of a picture: a phone's largest photo passes, a decompression bomb does not."""


class Unreadable(Exception):
    """The file is not what it says, or damaged."""


class TooLarge(Exception):
    """Unpacked, the picture would be larger than `MAX_PIXELS`."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The file without its metadata; `kept` says that some may still be in it."""

    data: bytes
    kept: bool


def cleaned(data: bytes, media_type: str) -> Cleaned:
    """The file without metadata, as far as its kind is understood. Raises Unreadable, TooLarge."""
    clean = _KINDS.get(media_type)
    return clean(data) if clean else Cleaned(data, kept=True)


# -- pictures ---------------------------------------------------------------------------------


def _picture(data: bytes) -> Cleaned:
    from PIL import Image  # a tenth of a second to import: only where a picture comes in

    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            frames = getattr(image, "n_frames", 1)
            if image.width * image.height * frames > MAX_PIXELS:
                raise TooLarge
            return Cleaned(_WRITERS[image.format or ""](image), kept=False)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooLarge from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise Unreadable(type(error).__name__) from error


def _bare(image: Any) -> Any:
    """The pixels as they are meant to be seen, and nothing else."""
    from PIL import Image, ImageOps

    upright = ImageOps.exif_transpose(image)
    bare: Image.Image = _in_common_colours(upright).copy()
    needed = ("transparency", "duration", "loop", "background")
    bare.info = {name: image.info[name] for name in needed if name in image.info}
    return bare


def _in_common_colours(image: Any) -> Any:
    """Without its colour profile, which often names the camera; its colours stay."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode != "RGB":
        return image
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"))
    except ImageCms.PyCMSError:
        return image


def _saved(image: Any, kind: str, **how: Any) -> bytes:
    made = BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def _jpeg(image: Any) -> bytes:
    from PIL import JpegImagePlugin

    how: dict[str, Any] = {"qtables": image.quantization}
    if (sampling := JpegImagePlugin.get_sampling(image)) >= 0:
        how["subsampling"] = sampling
    return _saved(_bare(image), "JPEG", **how)


def _frames(image: Any) -> dict[str, Any]:
    """How the frames after the first are written; empty for a single picture."""
    from PIL import ImageSequence

    if getattr(image, "n_frames", 1) == 1:
        return {}
    all_frames = [_bare(frame) for frame in ImageSequence.Iterator(image)]
    image.seek(0)
    pauses = [frame.info.get("duration", 100) for frame in all_frames]
    return {"save_all": True, "append_images": all_frames[1:], "duration": pauses}


def _animated(kind: str, **how: Any) -> Callable[[Any], bytes]:
    def write(image: Any) -> bytes:
        rest = _frames(image)
        return _saved(_bare(image), kind, **how, **rest)

    return write


def _webp(image: Any) -> bytes:
    rest, lossless = _frames(image), _is_lossless_webp(image)
    return _saved(_bare(image), "WEBP", lossless=lossless, quality=95, **rest)


def _is_lossless_webp(image: Any) -> bool:
    image.fp.seek(0)
    return b"VP8L" in image.fp.read(64)


def _tiff(image: Any) -> bytes:
    rest = {name: value for name, value in _frames(image).items() if name != "duration"}
    own = image.info.get("compression")
    known = {"group3", "group4", "tiff_lzw", "tiff_adobe_deflate", "packbits"}
    return _saved(
        _bare(image), "TIFF", compression=own if own in known else "tiff_adobe_deflate", **rest
    )


_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF")
_WRITERS: dict[str, Callable[[Any], bytes]] = {
    "JPEG": _jpeg,
    "MPO": _jpeg,
    "PNG": _animated("PNG"),
    "GIF": _animated("GIF"),
    "WEBP": _webp,
    "TIFF": _tiff,
}


# -- documents --------------------------------------------------------------------------------


def _pdf(data: bytes) -> Cleaned:
    """Signed or locked documents stay as they are: changing them would break them."""
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data)) as pdf:
            if pdf.is_encrypted or "/SigFlags" in pdf.Root.get("/AcroForm", {}):
                return Cleaned(data, kept=True)
            kept = _strip_pdf(pdf)
            made = BytesIO()
            pdf.save(made, deterministic_id=True)
            return Cleaned(made.getvalue(), kept=kept)
    except pikepdf.PasswordError:
        return Cleaned(data, kept=True)
    except pikepdf.PdfError as error:
        raise Unreadable(type(error).__name__) from error


def _strip_pdf(pdf: Any) -> bool:
    """Take out what describes the document and its parts; gives whether something may be left."""
    import pikepdf

    kept = False
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for part in pdf.objects:
        if not isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            continue
        for name in ("/Metadata", "/PieceInfo", "/LastModified"):
            if name in part:
                del part[name]
        if part.get("/Subtype") != "/Widget" and "/Rect" in part and "/T" in part:
            del part["/T"]  # who wrote a comment
        kept = kept or part.get("/Type") == "/EmbeddedFile"
        if isinstance(part, pikepdf.Stream) and part.get("/Filter") == "/DCTDecode":
            part.write(jpeg_without_notes(part.read_raw_bytes()), filter=pikepdf.Name.DCTDecode)
    return kept


def jpeg_without_notes(data: bytes) -> bytes:
    """A JPEG without its application segments and comments, its picture bit for bit the same."""
    kept, at = bytearray(data[:2]), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        # JFIF and Adobe's colour marker tell how to read the pixels.
        if marker == 0xEE or not (0xE1 <= marker <= 0xEF or marker == 0xFE):
            kept += data[at : at + 2 + size]
        at += 2 + size
    return bytes(kept) + data[at:]


# -- recordings -------------------------------------------------------------------------------


def _wav(data: bytes) -> Cleaned:
    """Format and sound alone."""
    body = b"".join(
        data[start:end]
        for name, start, end in _riff_chunks(data)
        if name in (b"fmt ", b"fact", b"data")
    )
    return Cleaned(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body, kept=False)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield data[at : at + 4], at, min(end, len(data))
        at = end


def _mp3(data: bytes) -> Cleaned:
    """Without the tags before and behind the sound."""
    while data[:3] == b"ID3" and len(data) > 10:
        size = sum(
            (byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True)
        )
        data = data[10 + size + (10 if data[5] & 0x10 else 0) :]
    if data[-128:-125] == b"TAG":
        data = data[:-128]
    return Cleaned(data, kept=b"APETAGEX" in data[-64:] or not data.startswith(b"\xff"))


_STILL = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")
"""Pictures in a film's box: their `meta` is the picture itself."""
_PARENTS = {b"moov", b"trak", b"mdia"}
_TELLING = {b"udta", b"meta", b"uuid"}
_DATED = {b"mvhd", b"tkhd", b"mdhd"}
_PLAIN_TRACKS = {b"vide", b"soun", b"text", b"sbtl", b"tmcd"}


def _mp4(data: bytes) -> Cleaned:
    """Descriptions become free space of the same length: no offset moves."""
    if data[8:12] in _STILL:
        return Cleaned(data, kept=True)
    film = bytearray(data)
    try:
        strange = any([_quiet_box(film, *box) for box in _boxes(film, 0, len(film))])
    except ValueError:
        return Cleaned(data, kept=True)
    return Cleaned(bytes(film), kept=strange)


def _quiet_box(film: bytearray, kind: bytes, start: int, body: int, end: int) -> bool:
    """Silence one box and those in it; gives whether a track of unknown kind is among them."""
    if kind in _PARENTS:
        return any([_quiet_box(film, *box) for box in _boxes(film, body, end)])
    if kind in _TELLING:
        film[start + 4 : start + 8] = b"free"
        film[body:end] = bytes(end - body)
    elif kind in _DATED:
        width = 16 if film[body] == 1 else 8
        film[body + 4 : body + 4 + width] = bytes(width)
    elif kind == b"hdlr":
        return bytes(film[body + 8 : body + 12]) not in _PLAIN_TRACKS
    return False


def _boxes(film: bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(kind, start, body, end) of each box; raises ValueError where the lengths do not fit."""
    while at + 8 <= end:
        size, body = int.from_bytes(film[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(film[at + 8 : at + 16], "big"), at + 16
        last = at + size if size else end
        if last < body or last > end:
            raise ValueError("a box does not fit")
        yield bytes(film[at + 4 : at + 8]), at, body, last
        at = last


_KINDS: dict[str, Callable[[bytes], Cleaned]] = {
    **dict.fromkeys(("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff"), _picture),
    "application/pdf": _pdf,
    "audio/wav": _wav,
    "audio/mpeg": _mp3,
    "video/mp4": _mp4,
}
