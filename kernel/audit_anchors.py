"""Anchors: a signed line a day that says where the chain stood, for the upper tier to keep.

Whoever holds the database and the key could still cut the chain's end or write all of it anew;
neither can be done to an anchor that lies elsewhere. The signature is Ed25519, so that the upper
tier proves it with the public key alone and cannot make one itself.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.audit_chain import derived

FORM = "audit-anchor/1"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What one file says; `genuine` when our own key signed exactly that."""

    day: str
    at: str
    bureau: str
    position: int
    link: bytes
    genuine: bool


class Anchors:
    """The folder of anchors, one file per day of the bureau, never written twice."""

    def __init__(self, folder: Path, master: str):
        self.folder = folder
        self._key = Ed25519PrivateKey.from_private_bytes(derived(master, "anchor"))

    @property
    def public_key(self) -> str:
        """What the upper tier proves signatures with, in hexadecimal."""
        return self._key.public_key().public_bytes_raw().hex()

    def has(self, day: date) -> bool:
        return self._path(day).exists()

    def write(self, day: date, *, bureau: str, at: datetime, position: int, link: bytes) -> Path:
        """The day's file; one that is already there stays as it is."""
        path = self._path(day)
        if not path.exists():
            said = {
                "form": FORM,
                "bureau": bureau,
                "day": day.isoformat(),
                "at": at.astimezone(UTC).isoformat(timespec="seconds"),
                "position": position,
                "count": position,
                "link": link.hex(),
                "public_key": self.public_key,
            }
            signature = self._key.sign(_canonical(said)).hex()
            _store(path, {**said, "signature": signature})
        return path

    def all(self) -> Iterator[Anchor]:
        """Every anchor, the oldest first. What is no anchor at all is told as not genuine."""
        for path in sorted(self.folder.glob("*.json")):
            yield self._read(path)

    def last(self) -> Anchor | None:
        paths = sorted(self.folder.glob("*.json"))
        return self._read(paths[-1]) if paths else None

    def _read(self, path: Path) -> Anchor:
        try:
            said = json.loads(path.read_text("utf-8"))
            signature = bytes.fromhex(said.pop("signature"))
            position, link = int(said["position"]), bytes.fromhex(said["link"])
            self._key.public_key().verify(signature, _canonical(said))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
            return Anchor(path.stem, "", "", 0, b"", False)
        genuine = said["day"] == path.stem
        return Anchor(path.stem, said["at"], said["bureau"], position, link, genuine)

    def _path(self, day: date) -> Path:
        return self.folder / f"{day.isoformat()}.json"


def _canonical(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _store(path: Path, said: dict[str, Any]) -> None:
    """Whole and safe on disk, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    Path(scratch).replace(path)
