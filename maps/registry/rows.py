"""Reads a business registry from CSV: good rows, and for each bad one its line, field and reason.

Pure: bytes in, rows out. Line numbers are physical lines of the file, counted from 1.
"""

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from kernel import credit_code
from maps import datums
from maps.geocoding import address as addresses
from maps.geocoding import normalise, tokens

COLUMNS = (
    "name",
    "credit_code",
    "address",
    "district",
    "street",
    "number",
    "lon",
    "lat",
    "phone",
    "legal_representative",
    "scope",
    "promises",
    "service_standards",
    "former_names",
    "other_names",
)
REQUIRED = ("name", "address")
_LONGEST = {"name": 200, "address": 400, "district": 60, "street": 200, "number": 20} | {
    "phone": 400,
    "legal_representative": 400,
}
_LONGEST_TEXT = 20_000
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class RegistryRow:
    """One business as a registry tells it; what it does not tell is empty, None for the point.

    `untold` names the columns that the registry does not have at all.
    """

    name: str
    address: str
    credit_code: str | None = None
    district: str = ""
    street: str = ""
    number: str = ""
    lon: float | None = None
    lat: float | None = None
    phone: str = ""
    legal_representative: str = ""
    scope: str = ""
    promises: str = ""
    service_standards: str = ""
    former_names: str = ""
    other_names: str = ""
    """Both parted by ; or 、"""
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.reason}"


class _Refused(Exception):
    def __init__(self, field: str, reason: str):
        self.field, self.reason = field, reason


def read(file: BinaryIO) -> Iterator[RegistryRow | BadRow]:
    """The rows of a seekable CSV file in UTF-8 (with or without mark) or GB 18030.

    Lines end in LF, CR LF or CR. A header that is missing, broken or without a required column is
    one BadRow for line 1, and nothing follows.
    """
    encoding = encoding_of(file)
    file.seek(0)
    # Bytes know only these three line ends; text would know many more.
    lines = _Lines(
        line.decode(encoding, "surrogateescape")
        for raw in file
        for line in raw.splitlines(keepends=True)
    )
    reader = csv.reader(lines, strict=True)
    header = _header(reader)
    if isinstance(header, BadRow):
        yield header
        return
    while True:
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(lines.start, "row", str(error))
            lines.go_back_to_second_line()
            continue
        if any(cell.strip() for cell in cells):
            yield _row_or_bad(lines.start, header, cells)


def encoding_of(file: BinaryIO) -> str:
    """`utf-8-sig`, or `gb18030` where most lines with Chinese in them are no UTF-8."""
    good = bad = 0
    for line in file:
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
    return "gb18030" if bad > good else "utf-8-sig"


class _Lines(Iterator[str]):
    """The lines of a file; knows the physical number of the first one of the present record."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._record: list[str] = []
        self.start = 1

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._record.append(line)
        return line

    def begin_record(self) -> None:
        """The next line read is the first of a record."""
        self.start += len(self._record)
        self._record = []

    def go_back_to_second_line(self) -> None:
        """Read this record's other lines again: an unclosed quote had swallowed them."""
        self._again.extendleft(reversed(self._record[1:]))
        del self._record[1:]


def _header(reader: Iterator[list[str]]) -> list[str] | BadRow:
    try:
        cells = next(reader, [])
    except csv.Error as error:
        return BadRow(1, "header", str(error))
    header = [cell.strip().strip("\ufeff").casefold() for cell in cells]
    for column in REQUIRED:
        if column not in header:
            return BadRow(1, column, "required column is missing")
    for column in COLUMNS:
        if header.count(column) > 1:
            return BadRow(1, column, "column appears twice")
    return header


def _row_or_bad(line: int, header: list[str], cells: list[str]) -> RegistryRow | BadRow:
    try:
        if len(cells) != len(header):
            raise _Refused("row", f"{len(cells)} fields, the header has {len(header)}")
        return row_of(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    except _Refused as refused:
        return BadRow(line, refused.field, refused.reason)


def row_of(fields: Mapping[str, str]) -> RegistryRow:
    """The checked row. Raises _Refused naming the field."""
    _check_texts(fields)
    for name in REQUIRED:
        if not fields[name]:
            raise _Refused(name, "is empty")
    lon, lat = _point(fields.get("lon", ""), fields.get("lat", ""))
    place = _place(fields)
    return RegistryRow(
        name=fields["name"],
        address=fields["address"],
        credit_code=_code(fields.get("credit_code", "")),
        district=place.district,
        street=place.street,
        number=place.number,
        lon=lon,
        lat=lat,
        phone=fields.get("phone", ""),
        legal_representative=fields.get("legal_representative", ""),
        scope=fields.get("scope", ""),
        promises=fields.get("promises", ""),
        service_standards=fields.get("service_standards", ""),
        former_names=fields.get("former_names", ""),
        other_names=fields.get("other_names", ""),
        untold=tuple(column for column in COLUMNS if column not in fields),
    )


def _place(fields: Mapping[str, str]) -> addresses.Parts:
    """District, street and number as told; what is not told is read from the address."""
    district = fields.get("district", "")
    street = normalise.normalise(fields.get("street", ""))
    number = tokens.door(normalise.normalise(fields.get("number", "")))
    if district and street and number:
        return addresses.Parts(district, street, number)
    read = addresses.parse(fields["address"])
    if not number and street in ("", read.street):
        number = read.number
    return addresses.Parts(district or read.district, street or read.street, number)


def _check_texts(fields: Mapping[str, str]) -> None:
    for name in COLUMNS:
        text = fields.get(name, "")
        if len(text) > (longest := _LONGEST.get(name, _LONGEST_TEXT)):
            raise _Refused(name, f"longer than {longest} characters")
        # Most text is ASCII or plain: the costly look is for what cannot be encoded.
        if "\0" in text:
            raise _Refused(name, "contains a NUL character")
        if not text.isascii() and _UNDECODED.search(text):
            raise _Refused(name, "bytes that are no text in this file's encoding")


_CODE_REASONS = {
    "length": "must have 18 characters",
    "characters": "has characters that GB 32100-2015 does not allow there",
    "check": "check character does not match",
}


def _code(text: str) -> str | None:
    code = text.upper()
    if not code:
        return None
    if found := credit_code.problem(code):
        raise _Refused("credit_code", _CODE_REASONS[found])
    return code


def _point(lon: str, lat: str) -> tuple[float | None, float | None]:
    if not lon and not lat:
        return None, None
    x, y = _degrees("lon", lon, 180), _degrees("lat", lat, 90)
    if not datums.inside_china(x, y):
        raise _Refused("lon", f"{lon}, {lat} lies outside China (lon, lat in degrees, WGS-84)")
    return x, y


def _degrees(field: str, text: str, limit: float) -> float:
    try:
        if "_" in text:  # Python's own way to write 1_000
            raise ValueError
        value = float(text)
    except ValueError:
        raise _Refused(field, "is not a number" if text else "is empty") from None
    if not -limit <= value <= limit:
        raise _Refused(field, f"must lie between -{limit} and {limit}")
    return value
