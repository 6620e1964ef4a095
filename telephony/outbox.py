"""Documents that leave by fax and words that are spoken, as files by their SHA-256 under
`var/outbox`.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from telephony import fax_page, speech


@dataclass(frozen=True)
class Outbox:
    """What goes to many numbers is stored once, and made into pages or sound once."""

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
        """The document as a fax machine takes it, made on first use.

        Raises Unrenderable, TooBusy.
        """
        path = self.folder / f"{name}{'-repeat' if repeat else ''}.tif"
        if not path.exists():
            fax_page.to_tiff(self.pdf(name), path, repeat=repeat)
        return path

    def speech(self, text: str) -> Path:
        """The words as a telephone says them, made on first use.

        Raises Unspeakable, TooBusy.
        """
        path = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}.wav"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            speech.to_wav(text, path)
        return path

    def phrase(self, name: str) -> Path:
        """A phrase of every call: the bureau's recording `var/prompts/<name>.wav` where there is
        one, else as the engine speaks it. Raises Unspeakable, TooBusy.
        """
        recorded = self.folder.with_name("prompts") / f"{name}.wav"
        return recorded if recorded.exists() else self.speech(speech.PHRASES[name])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(scratch).replace(path)
