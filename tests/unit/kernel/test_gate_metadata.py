"""A file keeps its picture and its sound, and loses what it says about who made it and where."""

import struct
import wave
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from kernel.gate import metadata
from kernel.gate.metadata import TooLarge, Unreadable, cleaned

SINGER = "CanaryZhang"
NEEDLE = SINGER.encode()


def photo() -> Image.Image:
    """Wide, with a mark in its upper left corner."""
    image = Image.new("RGB", (64, 32), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 15, 15), fill="red")
    return image


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x013B], made[0x010F], made[0x0112] = SINGER, SINGER, orientation
    made[0x8825] = {1: "N", 2: (39.0, 54.0, 0.0), 3: "E", 4: (116.0, 24.0, 0.0), 29: "2026:09:22"}
    return made


def written(image: Image.Image, kind: str, **how: Any) -> bytes:
    made = BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def text_chunk() -> PngImagePlugin.PngInfo:
    made = PngImagePlugin.PngInfo()
    made.add_text("Author", SINGER)
    made.add_itxt("XML:com.adobe.xmp", f"<x>{SINGER}</x>")
    return made


PICTURES = {
    "image/jpeg": written(photo(), "JPEG", exif=exif(), comment=SINGER, xmp=NEEDLE),
    "image/png": written(photo(), "PNG", pnginfo=text_chunk(), exif=exif()),
    "image/gif": written(photo().convert("P"), "GIF", comment=SINGER),
    "image/webp": written(photo(), "WEBP", exif=exif(), xmp=NEEDLE),
    "image/tiff": written(photo(), "TIFF", tiffinfo={0x013B: SINGER, 0x8298: SINGER}, exif=exif()),
}


@pytest.mark.parametrize("media_type", PICTURES)
def test_a_picture_forgets_who_took_it_and_where(media_type: str) -> None:
    data = PICTURES[media_type]
    assert NEEDLE in data
    done = cleaned(data, media_type)
    assert not done.kept
    assert NEEDLE not in done.data
    with Image.open(BytesIO(done.data)) as image:
        assert (image.size, dict(image.getexif().get_ifd(0x8825))) == ((64, 32), {})
        red, white = image.convert("RGB").getpixel((4, 4)), image.convert("RGB").getpixel((60, 28))
        assert red != white


def test_what_hangs_behind_a_picture_is_gone() -> None:
    assert NEEDLE not in cleaned(PICTURES["image/jpeg"] + NEEDLE, "image/jpeg").data


def test_a_picture_that_lay_on_its_side_stands_upright() -> None:
    done = cleaned(written(photo(), "JPEG", exif=exif(orientation=6)), "image/jpeg")
    with Image.open(BytesIO(done.data)) as image:
        assert image.size == (32, 64)
        red, green, _ = image.getpixel((28, 4))  # type: ignore[misc]
        assert red > 200 > green


def test_a_photo_keeps_its_quality() -> None:
    fine = written(photo(), "JPEG", quality=97, subsampling=0, exif=exif())
    with Image.open(BytesIO(fine)) as a, Image.open(BytesIO(cleaned(fine, "image/jpeg").data)) as b:
        assert a.quantization == b.quantization  # type: ignore[attr-defined]


def test_cleaning_the_same_file_gives_the_same_bytes() -> None:
    for media_type, data in PICTURES.items():
        assert cleaned(data, media_type).data == cleaned(data, media_type).data


def test_all_frames_of_a_moving_picture_stay() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    data = written(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=[50, 60, 70], loop=0,
        comment=SINGER,
    )  # fmt: skip
    done = cleaned(data, "image/gif")
    assert NEEDLE not in done.data
    with Image.open(BytesIO(done.data)) as image:
        assert image.n_frames == 3  # type: ignore[attr-defined]


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "MAX_PIXELS", 64 * 32 - 1)
    with pytest.raises(TooLarge):
        cleaned(PICTURES["image/png"], "image/png")


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0 no picture", PICTURES["image/png"][:60]])
def test_a_damaged_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Unreadable):
        cleaned(data, "image/jpeg" if data.startswith(b"\xff") else "image/png")


def document(**more: Any) -> bytes:
    pdf, made = pikepdf.new(), BytesIO()
    pdf.add_blank_page()
    pdf.docinfo["/Author"] = SINGER
    with pdf.open_metadata() as meta:
        meta["dc:creator"] = [SINGER]
    image = pikepdf.Stream(pdf, PICTURES["image/jpeg"])
    image.Type, image.Subtype, image.Filter = (
        pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.DCTDecode
    )  # fmt: skip
    pdf.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
    pdf.save(made, compress_streams=False, **more)
    return made.getvalue()


def test_a_document_forgets_its_author_and_its_pictures_notes() -> None:
    data = document()
    assert NEEDLE in data
    done = cleaned(data, "application/pdf")
    assert not done.kept
    with pikepdf.open(BytesIO(done.data)) as pdf:
        assert dict(pdf.docinfo) == {}
        assert "/Metadata" not in pdf.Root
        picture = pdf.pages[0].Resources.XObject.Im0.read_raw_bytes()
    assert NEEDLE not in done.data + picture
    with Image.open(BytesIO(picture)) as image:
        assert image.size == (64, 32)


def test_a_locked_document_is_left_to_a_person() -> None:
    data = document(encryption=pikepdf.Encryption(owner="a", user="b"))
    assert cleaned(data, "application/pdf") == metadata.Cleaned(data, kept=True)


def test_a_sound_loses_its_descriptions_and_not_a_sample() -> None:
    made = BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x01\x02" * 100)
    plain = made.getvalue()
    note = b"LIST" + struct.pack("<I", 4 + len(NEEDLE) + 1) + b"INFO" + NEEDLE + b"\0"
    done = cleaned(plain + note, "audio/wav")
    assert (done.data, done.kept) == (plain, False)


def test_an_mp3_loses_its_tags() -> None:
    sound = b"\xff\xfb\x90\x00" + bytes(400)
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 0, len(NEEDLE)]) + NEEDLE
    done = cleaned(tag + sound + b"TAG" + NEEDLE.ljust(125, b"\0"), "audio/mpeg")
    assert (done.data, done.kept) == (sound, False)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def film(handler: bytes = b"vide", brand: bytes = b"isom") -> bytes:
    track = box(b"mdia", box(b"mdhd", bytes(4) + b"TIMETIME" + bytes(12))
                + box(b"hdlr", bytes(8) + handler + bytes(12)))  # fmt: skip
    place = box(b"\xa9xyz", b"+39.9042+116.4074/" + NEEDLE)
    moov = box(b"moov", box(b"trak", track) + box(b"udta", place) + box(b"meta", NEEDLE))
    return box(b"ftyp", brand + bytes(4)) + moov + box(b"mdat", b"pictures and voices")


def test_a_film_forgets_where_it_was_taken_and_nothing_moves() -> None:
    data, done = film(), cleaned(film(), "video/mp4")
    assert (len(done.data), done.kept) == (len(data), False)
    for telling in (NEEDLE, b"+39.9042", b"TIMETIME"):
        assert telling not in done.data
    assert done.data.endswith(b"pictures and voices")


@pytest.mark.parametrize(
    "data", [film(handler=b"gpmd"), film(brand=b"heic"), film()[:-3] + b"", b"\0\0\0\x02ftypisom"]
)
def test_a_film_that_may_still_tell_says_so(data: bytes) -> None:
    assert cleaned(data, "video/mp4").kept


@pytest.mark.parametrize("media_type", ["audio/ogg", "video/webm"])
def test_what_nobody_here_can_read_is_left_to_a_person(media_type: str) -> None:
    assert cleaned(b"any", media_type) == metadata.Cleaned(b"any", kept=True)
