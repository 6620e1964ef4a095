"""Takes a written address apart: district, street, door number."""

import re
from typing import NamedTuple

from maps.geocoding import normalise, tokens

# 三里屯街道工体北路8号: the sub-district is not part of the street.
_SUBDISTRICT = re.compile(r"^[\u4e00-\u9fff]{2,6}?(?:街道(?!口)|[镇乡](?=.{2}))")
_STREET = re.compile(
    r"^(?P<street>[\u4e00-\u9fff0-9]{1,12}?(?:胡同|路|街|道|巷|里|条|弄|园|桥|村|屯))"
    r"(?:(?P<number>[甲乙丙丁]?\d{1,5}(?:[-之]\d{1,3})?)(?=号|弄|院|$)|$)"
)


class Parts(NamedTuple):
    """What an address says of the place; empty strings where it says nothing."""

    district: str
    street: str
    number: str


def parse(address: str) -> Parts:
    """The parts of an address as people write it."""
    text = normalise.normalise(address)
    district = normalise.county(text)
    rest = _SUBDISTRICT.sub("", normalise.without_region(text))
    street = _STREET.match(rest)
    if not street:
        return Parts(district, "", "")
    return Parts(district, street["street"], tokens.door(street["number"] or ""))
