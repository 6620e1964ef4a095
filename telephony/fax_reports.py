"""How each fax of the exchange ended: its journal, line by line, to our web process.

The exchange appends a line for every call and waits for nobody. Here the place up to which the
web process has taken them is kept beside the journal, after it has answered: a line may be told
twice, which changes nothing, and none is left out.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from kernel.settings import Settings
from telephony import callback
from telephony.gateways.fax_asterisk import JOB, NAME
from telephony.lifecycle import Kind

DIALLED = {
    "BUSY": Kind.BUSY,
    "NOANSWER": Kind.NO_ANSWER,
    "CANCEL": Kind.NO_ANSWER,
    "CONGESTION": Kind.DROPPED,
    "CHANUNAVAIL": Kind.DROPPED,
}
"""DIALSTATUS of calls that no machine took; of an answered one the transmission says the end."""
LOOK_SECONDS = 0.5
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """How one attempt ended; `detail` is what the engine said about it."""

    message: int
    attempt: int
    kind: Kind
    pages: int
    detail: dict[str, str]


def read(line: str) -> Report | None:
    """The report in a line of the journal; None where it tells no end of one of our attempts."""
    said = {name: values[0] for name, values in parse_qs(line, keep_blank_values=True).items()}
    job = JOB.fullmatch(said.get("job", ""))
    if job is None:
        return None
    if "fax" in said:
        kind = Kind.DELIVERED if said["fax"] == "SUCCESS" else Kind.DROPPED
    elif said.get("dial") in DIALLED:
        kind = DIALLED[said["dial"]]
    else:
        return None
    pages = said.get("pages", "")
    count = int(pages) if pages.isascii() and pages.isdecimal() and len(pages) < 5 else 0
    return Report(int(job[1]), int(job[2]), kind, count, said)


@dataclass
class Follower:
    """Reads on from where it stopped, and tells each report until it is taken."""

    settings: Settings
    journal: Path
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.is_set():
            for end, line in self._new_lines():
                if (report := read(line)) is not None and not self._tell(report):
                    return
                self._mark.write_text(str(end), "ascii")
            self.stopping.wait(LOOK_SECONDS)

    @property
    def _mark(self) -> Path:
        return self.journal.with_suffix(".told")

    def _new_lines(self) -> Iterator[tuple[int, str]]:
        """Whole lines behind the mark, each with where it ends."""
        if not self.journal.exists():
            return
        told = self._mark.read_text("ascii") if self._mark.exists() else ""
        begin = int(told) if told.isdecimal() else 0
        with self.journal.open("rb") as file:
            if begin > file.seek(0, 2):  # the journal was begun anew
                begin = 0
            file.seek(begin)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # it is still being written
                begin += len(line)
                yield begin, line.decode("utf-8", "replace").strip()

    def _tell(self, report: Report) -> bool:
        """Again and again until the web process has taken it; False when told to stop before."""
        body = {
            "engine": NAME,
            "event_id": report.kind,
            "message": report.message,
            "attempt": report.attempt,
            "kind": report.kind,
            "part": report.pages,
            "provider_id": report.detail["job"],
            "at": datetime.now(UTC).isoformat(),
            **{k: report.detail[k] for k in ("rate", "error", "remote") if k in report.detail},
        }
        pause = 0.2
        while not callback.fax_receipt(self.settings, body):
            if self.stopping.wait(pause):
                return False
            pause = min(pause * 2, LONGEST_PAUSE)
        return True
