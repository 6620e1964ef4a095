"""The log as a CSV file that a spreadsheet opens without running anything in it."""

import csv
import io
import json
from collections.abc import Iterable, Mapping

from kernel.audit import AuditEntry
from kernel.i18n import translate

COLUMNS = (
    "at", "actor_id", "actor", "roles", "action", "object_kind", "object_no", "object_id",
    "reason_code", "note", "terminal", "correlation_id", "detail", "entry_id",
)  # fmt: skip
RUNS = tuple("=+-@＝＋－＠\t\r\n")
"""A cell that begins so is a formula, or hides one; spreadsheets set to Chinese read the full-width
signs too."""
BOM = "\ufeff"


def sheet(
    entries: Iterable[AuditEntry], numbers: Mapping[tuple[str, str], str], lang: str
) -> bytes:
    """UTF-8 with a byte-order mark, which spreadsheets need to read Chinese."""
    lines = io.StringIO()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL)
    writer.writerow([translate(f"audit.column.{name}", lang) for name in COLUMNS])
    for entry in entries:
        writer.writerow([harmless(cell) for cell in _row(entry, numbers)])
    return (BOM + lines.getvalue()).encode()


def harmless(cell: object) -> str:
    """The cell as text; one that a spreadsheet would run is marked as text."""
    text = str(cell)
    return f"'{text}" if text.startswith(RUNS) else text


def _row(entry: AuditEntry, numbers: Mapping[tuple[str, str], str]) -> list[object]:
    return [
        entry.at.isoformat(timespec="seconds"),
        entry.actor_id,
        entry.actor,
        " ".join(entry.roles),
        entry.action,
        entry.object_kind,
        numbers.get((entry.object_kind, entry.object_id), ""),
        entry.object_id,
        entry.reason_code,
        entry.note,
        entry.terminal,
        entry.correlation_id,
        json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
        entry.id,
    ]
