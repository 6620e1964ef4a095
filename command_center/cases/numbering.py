"""Case numbers, document numbers and query codes (SPEC §3.9). Numbers are never reused."""

from datetime import date

from sqlalchemy.orm import Session

from kernel.crypto import Vault
from kernel.numbering import next_number

QUERY_DIGITS = 6

PROVINCES = dict(
    zip(
        (11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46,
         50, 51, 52, 53, 54, 61, 62, 63, 64, 65),
        "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新",
        strict=True,
    )
)  # fmt: skip
"""First two digits of GB/T 2260 -> the short name that documents begin with."""


def case_no(session: Session, kind: str, region_code: str, day: date) -> str:
    """`TTRRRRRRYYYYMMDDNNNNN`; each kind counts for itself, so that neighbours say nothing."""
    number = next_number(session, f"case.{kind}.{region_code}", day)
    return f"{kind}{region_code}{day:%Y%m%d}{number:05}"


def document_no(session: Session, word: str, region_code: str, day: date) -> str:
    """`{简称}市监{word}〔YYYY〕第N号`, counted per word and year."""
    number = next_number(session, f"document.{word}.{region_code}", date(day.year, 1, 1))
    short = PROVINCES.get(int(region_code[:2]), "")
    return f"{short}市监{word}〔{day.year}〕第{number}号"


def query_code(vault: Vault, seed: str) -> str:
    """Six digits that only the holder of the key can derive again from the same seed."""
    number = int.from_bytes(vault.blind_index(f"query code|{seed}")[:8], "big")
    return f"{number % 10**QUERY_DIGITS:0{QUERY_DIGITS}}"


def query_code_print(vault: Vault, number: str, code: str) -> bytes:
    """What is stored of a query code: useless without the key, different for every case."""
    return vault.blind_index(f"query|{number}|{code}")
