"""Files sealed as they stream: AES-256-GCM in chunks of 64 KiB, whole or refused.

The key is one file's own, so a chunk's number is its nonce; the last chunk says that it is the
last, so that nothing can be cut off, moved or put in. Padding hides the length within a chunk.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.crypto import Broken

CHUNK = 64 << 10
TAG = 16


def new_key() -> bytes:
    return AESGCM.generate_key(256)


def seal(key: bytes, source: BinaryIO, target: BinaryIO) -> int:
    """Writes the sealed chunks; gives the length of what was read."""
    cipher, size, number = AESGCM(key), 0, 0
    chunk = source.read(CHUNK)
    while True:
        following = source.read(CHUNK) if chunk else b""
        size += len(chunk)
        padded = chunk + b"\0" * (CHUNK - len(chunk))
        target.write(cipher.encrypt(_nonce(number, last=not following), padded, None))
        if not following:
            return size
        chunk, number = following, number + 1


def opened(key: bytes, source: BinaryIO, size: int) -> Iterator[bytes]:
    """The plain chunks, `size` bytes in all; raises Broken before it gives a changed one."""
    cipher, number, left = AESGCM(key), 0, size
    sealed = source.read(CHUNK + TAG)
    while True:
        following = source.read(CHUNK + TAG)
        try:
            chunk = cipher.decrypt(_nonce(number, last=not following), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise Broken from error
        yield chunk[: max(0, left)]
        left -= CHUNK
        if not following:
            break
        sealed, number = following, number + 1
    if left > 0:
        raise Broken


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def sync(target: BinaryIO) -> None:
    """What was written survives a crash."""
    target.flush()
    os.fsync(target.fileno())


SIZE_BYTES = 8


def keep(path: Path, source: BinaryIO) -> bytes:
    """Seal the stream under `path`, whole or not at all; gives what opens it, to be sealed too."""
    key = new_key()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(".part")
    with draft.open("wb") as target:
        draft.chmod(0o600)
        size = seal(key, source, target)
        sync(target)
    draft.replace(path)
    return size.to_bytes(SIZE_BYTES, "big") + key


def read(path: Path, opens: bytes) -> bytes:
    """The plain bytes; raises FileNotFoundError, Broken."""
    size, key = int.from_bytes(opens[:SIZE_BYTES], "big"), opens[SIZE_BYTES:]
    with path.open("rb") as source:
        return b"".join(opened(key, source, size))
