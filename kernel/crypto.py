"""Sealing of secrets: AES-256-GCM, a key per record, wrapped by a key outside the database."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
WRAPPED = NONCE + 32 + 16
VERSION = b"\x01"


class Broken(Exception):
    """The sealed bytes were altered, belong to another record, or need another key."""


def _derive(master: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(master.encode())


class Vault:
    """Seals and opens bytes. `aad` binds a secret to its record, so that rows cannot be swapped."""

    def __init__(self, master: str):
        self._wrap = AESGCM(_derive(master, b"envelope"))
        self._index = _derive(master, b"blind index")

    def seal(self, plain: bytes, aad: bytes) -> bytes:
        """version | nonce, wrapped record key | nonce, ciphertext."""
        key, n1, n2 = AESGCM.generate_key(256), os.urandom(NONCE), os.urandom(NONCE)
        wrapped = self._wrap.encrypt(n1, key, aad)
        return VERSION + n1 + wrapped + n2 + AESGCM(key).encrypt(n2, plain, aad)

    def open(self, sealed: bytes, aad: bytes) -> bytes:
        """The plain bytes; raises Broken."""
        body = sealed[1:]
        if sealed[:1] != VERSION or len(body) < WRAPPED + NONCE + 16:
            raise Broken
        wrapped, rest = body[:WRAPPED], body[WRAPPED:]
        try:
            key = self._wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], aad)
            return AESGCM(key).decrypt(rest[:NONCE], rest[NONCE:], aad)
        except InvalidTag as error:
            raise Broken from error

    def blind_index(self, text: str) -> bytes:
        """A keyed fingerprint for exact match (32 bytes): equal texts, equal prints."""
        return hmac.digest(self._index, text.strip().encode(), hashlib.sha256)
