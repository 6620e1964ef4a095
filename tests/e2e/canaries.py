"""A made-up person, and how to recognise them in any bytes that somebody may have written."""

import gzip
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import redis
from PIL import Image

from command_center.engines.postgres import programs
from tests.e2e.system import System

NAME, PHONE = "欧阳金丝雀", "+9991387654321098"
ADDRESS, ID_NUMBER = "演示市金丝雀胡同77号院3单元", "110101199003077777"
ARTIST, ORDER_NO = "CanaryArtist7391", "CANARY-ORDER-7391"
NARRATIVE = f"我是{NAME}，住{ADDRESS}，电话{PHONE}，身份证{ID_NUMBER}，他们卖假酒。"
CANARIES = (
    NAME, "金丝雀", PHONE, PHONE[4:], ADDRESS, "77号院3单元", ID_NUMBER, ARTIST, ORDER_NO,
)  # fmt: skip
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
NEEDLES = {word.encode(code): word for word in CANARIES for code in ENCODINGS}
ESCAPED = {word.encode("unicode_escape"): word for word in CANARIES if not word.isascii()}

Written = Iterator[tuple[str, bytes]]


def hits(content: bytes) -> set[str]:
    """The canaries that sing in these bytes, in any encoding that something may have written."""
    plain = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return {word for needle, word in (NEEDLES | ESCAPED).items() if needle in plain}


def telling_photo() -> bytes:
    """A photo that says who took it and where they stood."""
    exif, made = Image.Exif(), BytesIO()
    exif[0x013B] = exif[0x010E] = ARTIST
    exif[0x8825] = {1: "N", 2: (39.0, 54.0, 15.0), 3: "E", 4: (116.0, 24.0, 26.0), 28: ARTIST}
    Image.new("RGB", (32, 16), "red").save(made, "JPEG", exif=exif, comment=f"{NAME}{PHONE}")
    return made.getvalue()


def everything_written(folder: Path) -> Written:
    """Every file under var/, the database cluster's own included."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


def pages(folder: Path) -> Written:
    """The text of every PDF; every fax page read back from its PDF."""
    for path in folder.rglob("*.pdf"):
        yield f"text of {path.name}", text_of(path.read_bytes())


def text_of(pdf: bytes) -> bytes:
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout


def plain_dump(system: System) -> bytes:
    url = system.settings.owner_url.replace("+psycopg", "", 1)
    dump = subprocess.run(
        [str(programs(None) / "pg_dump"), "--inserts", url], capture_output=True, check=True
    )
    return dump.stdout


def bus_content(system: System) -> bytes:
    bus = redis.Redis.from_url(system.settings.bus_url)
    return b"\n".join(bus.dump(key) or b"" for key in bus.keys("*"))
