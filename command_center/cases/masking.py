"""How a person is shown to those who may not see them (SPEC §1.3). Pure."""

import re

from dispatch.numbers import masked

COUNTY = re.compile(r"^(.*?(?:自治县|自治旗|林区|特区|(?<![小社园校厂库地])[区县旗]))")
"""An address up to its county; 小区 and 园区 are places where people live, not counties."""
_CITY = re.compile(r"^(.*?[市州盟])")


def name(text: str) -> str:
    """王小明 -> 王**"""
    return text[:1] + "**" if text else ""


phone = masked


def id_number(text: str) -> str:
    """110101199003070012 -> 110*************12"""
    if len(text) < 6:
        return "*" * len(text)
    return text[:3] + "*" * (len(text) - 5) + text[-2:]


def address(text: str) -> str:
    """北京市东城区和平里七区18号 -> 北京市东城区**"""
    found = COUNTY.match(text) or _CITY.match(text)
    return (found.group(1) if found else "") + ("**" if text else "")
