"""The unified social credit code of a business: GB 32100-2015, and GB 11714 inside it."""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))

_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Department, class, six digits of region, organisation code of nine, check character.
_SHAPE = re.compile(rf"[{ALPHABET}]{{2}}\d{{6}}[{ALPHABET}]{{10}}")


def check_character(first_17: str) -> str:
    """The 18th character for the first 17. Raises KeyError on a character outside the alphabet."""
    total = sum(_VALUE[c] * weight for c, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(first_8: str) -> str:
    """The 9th character of an organisation code (GB 11714), `X` for ten."""
    total = sum(
        int(c, 36) * weight for c, weight in zip(first_8, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X0"[11 - total % 11]


def problem(code: str) -> str | None:
    """What is wrong with a code, as a machine word (`length`, `characters`, `check`), or None.

    Only the outer check is asked: some registries issued codes whose organisation part was never
    a GB 11714 code.
    """
    if len(code) != 18:
        return "length"
    if not _SHAPE.fullmatch(code):
        return "characters"
    if check_character(code[:17]) != code[17]:
        return "check"
    return None


def is_valid(code: str) -> bool:
    """Whether the code has the shape and the check character of GB 32100-2015."""
    return problem(code) is None


def make(department: str, kind: str, region: str, organisation_8: str) -> str:
    """A valid code from its parts; both check characters are added."""
    body = department + kind + region + organisation_8
    body += organisation_check_character(organisation_8)
    return body + check_character(body)
