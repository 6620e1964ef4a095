"""Pages of a fax: HTML to PDF by WeasyPrint, PDF to Group 4 TIFF by ghostscript."""

import logging
import os
import tempfile
import threading
from dataclasses import dataclass
from html import escape
from pathlib import Path

from kernel import pages
from telephony import programs
from telephony.programs import NotMade, TooBusy

FINE = ("-r204x196", "-dFIXEDMEDIA", "-g1728x2292", "-dPDFFitPage")
"""A4 at fine resolution: 1728 dots a line (ITU-T T.4)."""
STYLE = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-center { content: "第 " counter(page) " 页 / 共 " counter(pages) " 页"; font-size: 10pt }
}
html { font: 13pt/1.55 "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; color: #000 }
h1 { font-size: 21pt; text-align: center; margin: 0 0 5mm }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
th, td { border: .5mm solid #000; padding: 1.6mm 2.4mm; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
th { width: 30mm }
footer { margin-top: 6mm; white-space: pre-line }
"""
"""Thick strokes and large type: two hundred dots an inch, black or white."""
REPEAT_STAMP = """<< /EndPage { exch pop 2 lt dup
  { gsave initmatrix /Helvetica-Bold 16 selectfont 60 800 moveto (*** REPEAT ***) show grestore } if
} >> setpagedevice"""
for chatty in ("weasyprint.progress", "fontTools"):
    # At its info level the font subsetter lists the characters of the document.
    logging.getLogger(chatty).setLevel(logging.WARNING)


class Unrenderable(Exception):
    """The document cannot be turned into fax pages; the message says why."""


class OthersFirst(TooBusy):
    """As many documents as there are cores are being made: a moment later."""


AT_ONCE = threading.BoundedSemaphore(os.cpu_count() or 1)
"""A page takes a core for a second: a long list at once would make every one of them too slow."""
TURN_SECONDS = 1.0
"""Whoever waits for a turn longer than this lets others work: a list of faxes would else take
every slot of a worker, and alarms behind it would wait."""


@dataclass(frozen=True, slots=True)
class Rendered:
    pdf: bytes
    pages: int


def form(title: str, rows: list[tuple[str, str]], footer: str = "") -> str:
    """The HTML of an official form: a title, a table of label and value, a closing text."""
    cells = "".join(f"<tr><th>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in rows)
    return f"<h1>{escape(title)}</h1><table>{cells}</table><footer>{escape(footer)}</footer>"


def render(html: str) -> Rendered:
    """The PDF of an HTML body, its fonts embedded."""
    return pages.beside_the_loop(_render, html)


def _render(html: str) -> Rendered:
    document = pages.laid_out(f'<html lang="zh"><body>{html}</body></html>', STYLE)
    return Rendered(document.write_pdf(), len(document.pages))


def to_tiff(pdf: Path, tiff: Path, *, repeat: bool = False) -> None:
    """Write `tiff`, whole or not at all; a repeat says so on every page.

    Raises Unrenderable, TooBusy, OthersFirst.
    """
    stamp = ("-c", REPEAT_STAMP) if repeat else ()
    if not AT_ONCE.acquire(timeout=TURN_SECONDS):
        raise OthersFirst
    try:
        with tempfile.TemporaryDirectory(dir=tiff.parent) as scratch:
            made = Path(scratch) / "pages.tif"
            _ghostscript("-sDEVICE=tiffg4", *FINE, f"-sOutputFile={made}", *stamp, "-f", str(pdf))
            if not made.exists() or made.stat().st_size == 0:
                raise Unrenderable("no page")
            made.replace(tiff)
    finally:
        AT_ONCE.release()


def _ghostscript(*arguments: str) -> None:
    try:
        programs.run(["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", *arguments])
    except NotMade as error:
        raise Unrenderable(str(error)) from error
