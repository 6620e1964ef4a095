"""What became of each call of the exchange: its journal, line by line, to our web process.

The exchange appends a line for every key, every end of a call and every fax that came in, and waits
for nobody. Here the
place up to which the web process has taken them is kept beside the journal, after it has answered:
a line may be told twice, which changes nothing, and none is left out.

Which page of a fax is under way stands in no journal: it is asked for (`telephony.fax_progress`),
told once, and may be lost.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs

from kernel.settings import Settings
from telephony import callback, fax_progress
from telephony.exchange import JOB, LEG
from telephony.lifecycle import Kind

DIALLED = {
    "BUSY": Kind.BUSY,
    "NOANSWER": Kind.NO_ANSWER,
    "CANCEL": Kind.NO_ANSWER,
    "CONGESTION": Kind.DROPPED,
    "CHANUNAVAIL": Kind.DROPPED,
}
"""DIALSTATUS of calls that nobody took; of an answered one the other half says the end."""
TOLD_ALONG = ("rate", "error", "mode", "remote", "key", "desk")
"""What else a line may say."""
MOST_BYTES = 1 << 20
"""Some seven thousand calls."""
SENDER = re.compile(rb"(?<=&from=)[^&\n]+")
LOOK_SECONDS = 0.5
PAGES_SECONDS = 1.0
"""A page takes from two seconds (nearly empty, T.38) to half a minute."""
LONGEST_PAUSE = 5.0


@dataclass(frozen=True, slots=True)
class Report:
    """What one line says about an attempt; `detail` is the line itself.

    `part`: pages that a fax machine took, which key of the call it was.
    """

    engine: str
    message: int
    attempt: int
    kind: Kind
    part: int
    detail: Mapping[str, str]
    hook = "call/receipt"
    """Where the web process takes it."""

    @property
    def body(self) -> dict[str, object]:
        """As the web process takes it."""
        at = self.detail.get("at", "")
        return {
            "engine": self.engine,
            "event_id": self.kind,
            "message": self.message,
            "attempt": self.attempt,
            "kind": self.kind,
            "part": self.part,
            "provider_id": self.detail["job"],
            "at": at if at.isdecimal() else datetime.now(UTC).isoformat(),
            **{name: self.detail[name] for name in TOLD_ALONG if name in self.detail},
        }


@dataclass(frozen=True, slots=True)
class FaxIn:
    """A line about a fax that came in: its file, the number it came from, its pages."""

    detail: Mapping[str, str]
    hook = "fax/inbound"

    @property
    def body(self) -> dict[str, object]:
        return {name: self.detail.get(name, "") for name in ("fax", "from", "to", "pages", "at")}


@dataclass(frozen=True, slots=True)
class PartyReport:
    """A line about a party of a conference: joined, left, or why they did not come."""

    conference: int
    party: int
    news: str
    at: str
    hook = "conference/party"

    @property
    def body(self) -> dict[str, object]:
        return {"conference": self.conference, "party": self.party, "news": self.news,
                "at": self.at}  # fmt: skip


Told = Report | FaxIn | PartyReport


def read(line: str) -> Told | None:
    """What a line of the journal says; None where it tells of no attempt of ours, and no page."""
    said = {name: values[0] for name, values in parse_qs(line, keep_blank_values=True).items()}
    if "came" in said:
        return FaxIn(said | {"fax": said["came"]}) if _count(said.get("pages", "")) else None
    if leg := LEG.fullmatch(said.get("job", "")):
        return _of_party(int(leg[1]), int(leg[2]), said)
    job = JOB.fullmatch(said.get("job", ""))
    kind = _kind(said)
    if job is None or kind is None:
        return None
    part = _count(said.get("part") or said.get("page") or said.get("pages", ""))
    return Report(f"{job[1]}_asterisk", int(job[2]), int(job[3]), kind, part, said)


def _of_party(conference: int, party: int, said: Mapping[str, str]) -> PartyReport | None:
    """None for the end of the dialling of somebody who joined: their own end is told too."""
    news = said.get("party") or DIALLED.get(said.get("dial", ""))
    return PartyReport(conference, party, news, said.get("at", "")) if news else None


def _kind(said: Mapping[str, str]) -> Kind | None:
    if "fax" in said:
        return Kind.DELIVERED if said["fax"] == "SUCCESS" else Kind.DROPPED
    if "voice" in said:
        was_heard = said.get("heard") == "1" or _count(said.get("keys", "")) > 0
        return Kind.DELIVERED if was_heard else Kind.DROPPED
    if "key" in said:
        return Kind.KEY
    if "page" in said:
        return Kind.PAGE_BEGINS
    return DIALLED.get(said.get("dial", ""))


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def begin_anew(journal: Path) -> None:
    """Empty a journal that has grown and was told to its end, while its exchange does not run.

    The mark goes first: killed in between, lines are told again, and none is left out.
    """
    size, mark = journal.stat().st_size, _mark(journal)
    if size > MOST_BYTES and mark.exists() and mark.read_text("ascii") == str(size):
        mark.write_text("0", "ascii")
        journal.write_bytes(b"")


def _mark(journal: Path) -> Path:
    """How far it was told."""
    return journal.with_suffix(".told")


@dataclass
class Follower:
    """Reads on from where it stopped, and tells each report until it is taken."""

    settings: Settings
    journal: Path
    stopping: threading.Event = field(default_factory=threading.Event)
    pages: dict[str, int] = field(default_factory=dict)
    """Job -> the page under way that was told last."""
    ask_at: float = 0.0

    def run(self) -> None:
        """Until `stopping` is set."""
        while not self.stopping.is_set():
            for end, line in self._new_lines():
                report = read(line.decode("utf-8", "replace").strip())
                if report is not None and not self._tell(report):
                    return
                self._forget(end - len(line), line)
                self._mark.write_text(str(end), "ascii")
            self._tell_pages()
            self.stopping.wait(LOOK_SECONDS)

    def _tell_pages(self) -> None:
        """Each page that has begun, as soon as it is seen."""
        if time.monotonic() < self.ask_at:
            return
        self.ask_at = time.monotonic() + PAGES_SECONDS
        try:
            now = fax_progress.under_way(self.settings)
        except OSError:
            return
        for job, page in now.items():
            report = read(f"job={job}&page={page}")
            if report is not None and self.pages.get(job) != page:
                callback.told(self.settings, report.hook, report.body)
        self.pages = now

    @property
    def _mark(self) -> Path:
        return _mark(self.journal)

    def _forget(self, begin: int, line: bytes) -> None:
        """Whose number a fax came from is sealed elsewhere by now: here it is written over.

        The exchange only appends, and nothing moves.
        """
        hidden = SENDER.sub(lambda found: b"x" * len(found[0]), line)
        if hidden != line:
            with self.journal.open("r+b") as file:
                file.seek(begin)
                file.write(hidden)

    def _new_lines(self) -> Iterator[tuple[int, bytes]]:
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
                yield begin, line

    def _tell(self, report: Told) -> bool:
        """Again and again until the web process has taken it; False when told to stop before."""
        body, pause = report.body, 0.2
        while not callback.told(self.settings, report.hook, body):
            if self.stopping.wait(pause):
                return False
            pause = min(pause * 2, LONGEST_PAUSE)
        return True
