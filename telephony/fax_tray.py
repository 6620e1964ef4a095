"""Faxes that came in, where the exchange lays them: read once, cleared away when somebody has them.

The exchange writes one TIFF for each call, in the resolution of its modem. Whoever reads it gets a
PDF of square pixels.
"""

import io
import re
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageSequence, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.log import get_logger
from telephony.models import Inbound

log = get_logger(__name__)
CLEAR, CLEAR_SECONDS = "telephony.clear_fax_tray", 30
NAME = re.compile(r"in-\d{1,12}\.\d{1,9}\.tif", re.ASCII)
"""As the exchange names them: by its unique id of the call."""
KEPT_SECONDS = 7 * 86_400
"""A file of which nobody was ever told is kept so long for an administrator to find."""
MOST_PAGES = 60
MOST_PIXELS = 2_500 * 12_000
"""The largest page of T.30 at its finest."""
FINE_DPI = 204
"""Dots an inch across, at every resolution; down there are 98, 196 or 391."""


@dataclass(frozen=True)
class FaxTray:
    folder: Path

    def pdf(self, name: str) -> bytes | None:
        """The pages of a fax; None when there are none, or none that can be read."""
        if not NAME.fullmatch(name):
            return None
        try:
            with Image.open(self.folder / name) as tiff:
                return _pdf(tiff)
        except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            log.warning("fax_not_readable", fax=name, error=type(error).__name__)
            return None

    def clear(self, session: Session) -> None:
        """Job: destroy what is kept elsewhere by now, and what nobody ever asked for."""
        for file in self.folder.glob("in-*.tif"):
            wanted = select(Inbound.state).where(Inbound.provider_id == file.name)
            state = session.scalar(wanted)
            if state is None and time.time() - file.stat().st_mtime < KEPT_SECONDS:
                continue
            if state != "new":
                file.unlink(missing_ok=True)


def _pdf(tiff: Image.Image) -> bytes:
    """Raises ValueError for a picture that no fax machine makes."""
    sheets = list[Image.Image]()
    for frame in ImageSequence.Iterator(tiff):
        if len(sheets) == MOST_PAGES:
            break
        if frame.width * frame.height > MOST_PIXELS:
            raise ValueError("too large a page")
        across, down = frame.info.get("dpi", (FINE_DPI, FINE_DPI))
        height = round(frame.height * float(across) / float(down or across))
        sheets.append(frame.convert("1").resize((frame.width, height)))
    if not sheets:
        raise ValueError("no page")
    made = io.BytesIO()
    first, *others = sheets
    first.save(made, "PDF", save_all=True, append_images=others, resolution=FINE_DPI)
    return made.getvalue()
