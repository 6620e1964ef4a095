"""Documents that leave by fax, kept as files by their SHA-256 under `var/outbox`."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telephony import fax_page


@dataclass(frozen=True)
class Outbox:
    """One document may go to many numbers: it is stored once and turned into a fax page once."""

    folder: Path

    def store(self, pdf: bytes) -> str:
        """Keep a PDF, safe on disk before this returns; gives its name, the SHA-256."""
        name = hashlib.sha256(pdf).hexdigest()
        if not self.pdf(name).exists():
            _write(self.pdf(name), pdf)
        return name

    def pdf(self, name: str) -> Path:
        return self.folder / f"{name}.pdf"

    def tiff(self, name: str, *, repeat: bool = False) -> Path:
        """The document as a fax machine takes it, made on first use. Raises Unrenderable."""
        path = self.folder / f"{name}{'-repeat' if repeat else ''}.tif"
        if not path.exists():
            fax_page.to_tiff(self.pdf(name), path, repeat=repeat)
        return path


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(scratch).replace(path)
