"""Sealing of secrets: AES-256-GCM, a key per record, wrapped by a key outside the database."""

import hashlib
import hmac
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.keyring import FixedKeys, Key, KeyMissing, Keyring

__all__ = ["Broken", "KeyMissing", "Vault"]

NONCE = 12
WRAPPED = NONCE + 32 + 16
FIRST, VERSION = b"\x01", b"\x02"
"""The first version names no key: it was wrapped by the installation's only one."""
HEAD = 1 + Key.ID_BYTES


class Broken(Exception):
    """The sealed bytes were altered, belong to another record, or need another key."""


def _derive(master: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(master.encode())


class Vault:
    """Seals and opens bytes. `aad` binds a secret to its record, so that rows cannot be swapped.

    The newest envelope key seals, all of the ring open; a key that another process added a moment
    ago is found as soon as it is needed.
    """

    def __init__(self, master: str, ring: Keyring | None = None):
        self._codes = _derive(master, b"blind index")
        self.ring = ring or FixedKeys(master)
        self._wraps: dict[bytes, AESGCM] = {}

    # -- sealing ------------------------------------------------------------------------------

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """version | key id | nonce, wrapped record key | nonce, ciphertext."""
        key, nonce = AESGCM.generate_key(256), os.urandom(NONCE)
        return self._wrapped(key, aad) + nonce + AESGCM(key).encrypt(nonce, plain, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; raises Broken, or KeyMissing naming the key that is not here."""
        key, rest = self._unwrapped(sealed, aad)
        if len(rest) < NONCE + 16:
            raise Broken
        return _decrypted(AESGCM(key), rest, aad)

    def rewrapped(self, sealed: bytes, aad: bytes) -> bytes:
        """The same record under the newest envelope key; its own key and content stay.

        Raises Broken, KeyMissing.
        """
        key, rest = self._unwrapped(sealed, aad)
        return self._wrapped(key, aad) + rest

    def _wrapped(self, key: bytes, aad: bytes) -> bytes:
        newest, nonce = self.ring.newest("envelope"), os.urandom(NONCE)
        head = VERSION + newest.id
        return head + nonce + self._wrap(newest).encrypt(nonce, key, head + aad)

    def _unwrapped(self, sealed: bytes, aad: bytes) -> tuple[bytes, bytes]:
        """The record's own key, and what it seals."""
        if sealed[:1] == FIRST and len(sealed) > 1 + WRAPPED:
            return self._unwrapped_first(sealed, aad), sealed[1 + WRAPPED :]
        if sealed[:1] != VERSION or len(sealed) < HEAD + WRAPPED:
            raise Broken
        head, wrapped, rest = sealed[:HEAD], sealed[HEAD : HEAD + WRAPPED], sealed[HEAD + WRAPPED :]
        held = self.ring.key("envelope", head[1:])
        return _decrypted(self._wrap(held), wrapped, head + aad), rest

    def _unwrapped_first(self, sealed: bytes, aad: bytes) -> bytes:
        """Of the first version: any key of the ring may have been the only one then."""
        for held in self.ring.all("envelope"):
            try:
                return _decrypted(self._wrap(held), sealed[1 : 1 + WRAPPED], aad)
            except Broken:
                continue
        raise Broken

    def _wrap(self, key: Key) -> AESGCM:
        if key.id not in self._wraps:
            self._wraps[key.id] = AESGCM(_derive(key.secret, b"envelope"))
        return self._wraps[key.id]

    # -- blind indexes ------------------------------------------------------------------------

    def blind_index(self, text: str) -> bytes:
        """A keyed fingerprint that is never made anew (codes, sessions): 32 bytes."""
        return _print(self._codes, text)

    def print(self, purpose: str, text: str) -> bytes:
        """A keyed fingerprint for exact match, by the newest index key: equal texts of one
        purpose, equal prints; those of two purposes never compare."""
        return _print(self._index(self.ring.newest("index"), purpose), text)

    def prints(self, purpose: str, text: str) -> list[bytes]:
        """The fingerprints under every index key: while an index is made anew, both are met."""
        keys: Iterable[Key] = self.ring.all("index")
        return [_print(self._index(key, purpose), text) for key in keys]

    def _index(self, key: Key, purpose: str) -> bytes:
        return _derive(key.secret, b"index|" + purpose.encode())


def _print(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.strip().encode(), hashlib.sha256)


def _decrypted(cipher: AESGCM, data: bytes, aad: bytes) -> bytes:
    try:
        return cipher.decrypt(data[:NONCE], data[NONCE:], aad)
    except InvalidTag as error:
        raise Broken from error
