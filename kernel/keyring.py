"""Keys that live in a folder outside the database: one file per key, added and never rewritten.

`envelope-0002` is the second envelope key (the first is the setting `CC_IDENTITY_KEY`),
`index-0002` the second key of the blind index. The highest number is the newest. A file that ends
in `.retired` opens nothing any more, but is not destroyed: a backup may still need it.
"""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import ClassVar, Literal, Protocol

from kernel.errors import Unavailable
from kernel.log import get_logger

log = get_logger(__name__)
Kind = Literal["envelope", "index"]
KINDS: tuple[Kind, ...] = ("envelope", "index")
FILE = re.compile(r"(envelope|index)-(\d{4})(\.retired)?")
SHORTEST = 32
Entry = tuple[str, int, int, int]
"""Name, inode, time of change, mode."""


class KeyMissing(Unavailable):
    """A record needs a key that this process does not hold, or cannot read.

    The folder is for whoever keeps the keys: it goes to the log and the command line alone.
    """

    code = "identity_key_missing"

    def __init__(self, key: str, folder: Path | None = None):
        super().__init__(key=key)
        self.folder = folder
        log.error("identity_key_missing", key=key, folder=str(folder or ""))

    def __str__(self) -> str:
        return f"identity key {self.params['key']} is missing or unreadable in {self.folder}"


@dataclass(frozen=True, slots=True)
class Key:
    """A master secret, and the short name that sealed bytes call it by."""

    ID_BYTES: ClassVar[int] = 4
    id: bytes
    number: int
    secret: str

    @classmethod
    def of(cls, secret: str, number: int = 1) -> "Key":
        digest = hashlib.sha256(b"key id|" + secret.encode()).digest()
        return cls(digest[: cls.ID_BYTES], number, secret)


class Keyring(Protocol):
    """Keys by kind. Every method raises KeyMissing."""

    def newest(self, kind: Kind) -> Key: ...

    def all(self, kind: Kind) -> list[Key]:
        """Newest first."""

    def key(self, kind: Kind, ident: bytes) -> Key: ...


class FixedKeys:
    """One secret for everything, as long as no other was added."""

    def __init__(self, secret: str):
        self._key = Key.of(secret)

    def newest(self, kind: Kind) -> Key:
        return self._key

    def all(self, kind: Kind) -> list[Key]:
        return [self._key]

    def key(self, kind: Kind, ident: bytes) -> Key:
        if ident != self._key.id:
            raise KeyMissing(ident.hex())
        return self._key


class KeyFolder:
    """The folder's keys after the first; re-read when its list of files changes."""

    def __init__(self, folder: Path, first: str):
        self.folder, self._first = folder, first
        self._seen: list[Entry] | None = None
        self._keys: dict[Kind, list[Key]] = {}
        self._lock = Lock()
        self.faults: dict[str, str] = {}
        """Files that are no usable key, and why. The others go on opening and sealing."""

    def newest(self, kind: Kind) -> Key:
        held = self.all(kind)
        if not held:
            raise KeyMissing(kind, self.folder)
        return held[0]

    def all(self, kind: Kind) -> list[Key]:
        self._refresh()
        return self._keys[kind]

    def key(self, kind: Kind, ident: bytes) -> Key:
        for again in (False, True):
            self._refresh(always=again)
            for held in self._keys[kind]:
                if held.id == ident:
                    return held
        raise KeyMissing(ident.hex(), self.folder)

    # -- for the one who keeps the keys -----------------------------------------------------------

    def add(self, kind: Kind) -> Key:
        """A new key, safe on the disk before anything can be sealed with it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken = [int(found[2]) for name in self._names() if (found := FILE.fullmatch(name))
                 and found[1] == kind]  # fmt: skip
        number = max([1, *taken]) + 1
        secret = secrets.token_urlsafe(48)
        draft = self.folder / f".{kind}-{number:04}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, self.folder / f"{kind}-{number:04}")
        draft.unlink()
        _sync(self.folder)
        return Key.of(secret, number)

    def retire(self, kind: Kind, key: Key) -> None:
        """The key opens nothing from now on; its file stays beside the others."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = self.folder / f"{kind}-{key.number:04}"
        gone = name.with_name(f"{name.name}.retired")
        if name.exists():
            name.rename(gone)
        else:
            gone.touch(mode=0o600)  # the first key has no file: this one marks it
        _sync(self.folder)

    # -- reading ----------------------------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        """What tells one state of the folder from another: a file put back is not the old one."""
        try:
            with os.scandir(self.folder) as found:
                files = [(one.name, one.stat()) for one in found if FILE.fullmatch(one.name)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise KeyMissing("folder", self.folder) from error
        return sorted((name, is_.st_ino, is_.st_mtime_ns, is_.st_mode) for name, is_ in files)

    def _names(self) -> list[str]:
        return [entry[0] for entry in self._entries()]

    def _refresh(self, *, always: bool = False) -> None:
        entries = self._entries()
        if entries == self._seen and not always:
            return
        names = [entry[0] for entry in entries]
        with self._lock:
            self.faults = {}
            keys = {kind: self._read(kind, names) for kind in KINDS}
            self._keys, self._seen = keys, entries
        if self.faults:
            log.error("identity_keys_unusable", folder=str(self.folder), **self.faults)

    def _read(self, kind: Kind, names: list[str]) -> list[Key]:
        retired = {int(m[2]) for n in names if (m := FILE.fullmatch(n)) and m[1] == kind and m[3]}
        held = [] if 1 in retired else [Key.of(self._first)]
        for name in names:
            found = FILE.fullmatch(name)
            if found and found[1] == kind and not found[3]:
                try:
                    held.append(Key.of(_secret(self.folder / name), int(found[2])))
                except (OSError, ValueError) as error:
                    self.faults[name] = type(error).__name__ if error.args == () else str(error)
        return sorted(held, key=lambda key: -key.number)


def _secret(path: Path) -> str:
    """The key in a file; raises OSError, or ValueError for one that is no safe key."""
    if path.stat().st_mode & 0o077:
        raise ValueError("others may read it: its mode must be 0600")
    secret = path.read_text("ascii").strip()
    if len(secret) < SHORTEST:
        raise ValueError(f"fewer than {SHORTEST} characters")
    return secret


def _sync(folder: Path) -> None:
    """A name that a crash could lose is no safe name for a key."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
