"""Files under var/: whole or not there."""

from pathlib import Path
from uuid import uuid4


def store(path: Path, data: bytes) -> None:
    """Keep the bytes under this name, once: a crash leaves no half file under it."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_suffix(f".{uuid4().hex}")
    draft.write_bytes(data)
    draft.replace(path)
