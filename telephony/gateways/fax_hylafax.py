"""Fax over HylaFAX, where the bureau runs it already: hfaxd's client protocol, an FTP of its own.

One attempt is one job, which bears the attempt's name: before it is submitted, and when an answer
was lost, the queues are looked through for that name, so that none is sent twice. Names begin with
a mark of this installation: others may share the server. What became of a job is asked for
(`outcomes`), again and again.
"""

import ftplib
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kernel.settings import Settings
from telephony.engine_http import CONNECT_SECONDS, NotReached
from telephony.exchange import job_of
from telephony.gateways.base import (
    Accepted,
    Gateway,
    Health,
    Outcome,
    OutcomeUnknown,
    Outgoing,
    Refused,
)
from telephony.lifecycle import Channel, Kind

NAME = "fax_hylafax"
QUEUES = ("sendq", "doneq")
FORMAT = '"%j|%J|%a|%P|%s"'
"""Number, name, state, pages passed and in all, the reason in words."""
ROW = re.compile(r"(\d+)\|([^|]*)\|(.)\|\s*(\d+):(\d+)\s*\|(.*)", re.ASCII)
STORED = re.compile(r"FILE: (/[\w./-]+)", re.ASCII)
DONE, FAILED, RUNNING = "D", "F", "R"
REASONS = {"busy": Kind.BUSY, "no answer": Kind.NO_ANSWER}
"""What HylaFAX says of a call that nobody took; after any other end the line had dropped."""
ONE_CALL = ("MAXDIALS 1", "MAXTRIES 1", 'NOTIFY "none"', "LASTTIME 000100", "VRES 196")
"""When to dial again is decided here (`telephony.patience`); an hour at most."""


@dataclass(frozen=True, slots=True)
class Job:
    """A line of a queue."""

    number: str
    state: str
    passed: int
    reason: str


class _Line(ftplib.FTP):
    """A conversation with hfaxd that remembers the last answer."""

    said = ""

    def getresp(self) -> str:
        self.said = super().getresp()
        return self.said

    def stored(self, document: Path) -> str:
        """Hand a TIFF over; its name at the server."""
        self.sendcmd("FORM TIFF")
        self.sendcmd("TYPE I")
        with document.open("rb") as pages:
            self.storbinary("STOT", pages)
        found = STORED.search(self.said)
        if found is None:
            raise ftplib.error_proto(self.said)  # noqa: S321
        return found[1]

    def jobs(self) -> dict[str, Job]:
        """Name -> job, those that are over as well."""
        self.sendcmd(f"JOBFMT {FORMAT}")
        lines: list[str] = []
        for queue in QUEUES:
            self.retrlines(f"LIST {queue}", lines.append)
        rows = filter(None, map(ROW.fullmatch, lines))
        return {row[2]: Job(row[1], row[3], int(row[4]), row[6].strip()) for row in rows}


class HylaFaxGateway:
    name = NAME
    channel: str = Channel.FAX
    real = True

    def __init__(self, settings: Settings, *, answer_seconds: float = CONNECT_SECONDS):
        self.settings, self.answer_seconds = settings, answer_seconds
        secret = f"hylafax {settings.secret_key}".encode()
        self._mark = f"{hashlib.sha256(secret).hexdigest()[:8]}."

    def _named(self, message_id: int, attempt: int) -> str:
        return self._mark + job_of(Channel.FAX, message_id, attempt)

    def send(self, outgoing: Outgoing) -> Accepted | Refused:
        """Submit one job. Raises OutcomeUnknown where the queues cannot be read afterwards."""
        if outgoing.document is None:
            return Refused("no_document", again=False)
        name = self._named(outgoing.message_id, outgoing.attempt)
        try:
            with self._line() as line:
                if known := line.jobs().get(name):
                    return Accepted(known.number)
                number = _prepared(line, name, outgoing, outgoing.document)
                try:
                    line.sendcmd("JSUBM")
                except (EOFError, OSError, ftplib.error_proto):
                    return self._found(name)
                return Accepted(number)
        except ftplib.error_perm:
            return Refused("engine_refused", again=False)
        except (NotReached, EOFError, OSError, ftplib.Error):
            return Refused("engine_unreachable", again=True)

    def _found(self, name: str) -> Accepted | Refused:
        """Whether a job is there whose submission nobody answered. Raises OutcomeUnknown."""
        try:
            with self._line() as line:
                known = line.jobs().get(name)
        except (NotReached, EOFError, OSError, ftplib.Error) as error:
            raise OutcomeUnknown(type(error).__name__) from error
        return Accepted(known.number) if known else Refused("engine_unreachable", again=True)

    def outcomes(self) -> Mapping[str, Outcome]:
        """Attempt's name -> what is known of its job. Raises NotReached, OutcomeUnknown."""
        try:
            with self._line() as line:
                jobs = line.jobs()
        except (EOFError, OSError, ftplib.Error) as error:
            raise OutcomeUnknown(type(error).__name__) from error
        ours = {name: job for name, job in jobs.items() if name.startswith(self._mark)}
        told = {name.removeprefix(self._mark): _outcome(job) for name, job in ours.items()}
        return {name: outcome for name, outcome in told.items() if outcome is not None}

    def hang_up(self, message_id: int, attempt: int) -> None:
        """End the attempt's job. Raises NotReached, OutcomeUnknown, ValueError as `HangsUp`."""
        try:
            with self._line() as line:
                job = line.jobs().get(self._named(message_id, attempt))
                if job is not None and job.state not in (DONE, FAILED):
                    line.sendcmd(f"JKILL {job.number}")
        except ftplib.error_perm as error:
            raise ValueError(str(error)) from error
        except (EOFError, OSError, ftplib.Error) as error:
            raise OutcomeUnknown(type(error).__name__) from error

    def health(self) -> Health:
        try:
            with self._line() as line:
                states = [job.state for job in line.jobs().values()]
        except (NotReached, EOFError, OSError, ftplib.Error):
            return Health(False, {"engine": "unreachable", "simulator": False})
        waiting = sum(state not in (DONE, FAILED) for state in states)
        return Health(True, {"engine": "running", "waiting": waiting, "simulator": False})

    @contextmanager
    def _line(self) -> Iterator[_Line]:
        """Signed in. Raises NotReached while nobody answers or lets us in."""
        host, _, port = self.settings.hylafax_host.partition(":")
        line = _Line(timeout=self.answer_seconds)
        try:
            line.connect(host, int(port or 4559))
            line.login(self.settings.hylafax_user, self.settings.hylafax_password)
        except (EOFError, OSError, ftplib.Error) as error:
            line.close()
            raise NotReached(type(error).__name__) from error
        try:
            yield line
        finally:
            line.close()


def _prepared(line: _Line, name: str, outgoing: Outgoing, document: Path) -> str:
    """Everything but the submission: what is left behind here is never sent."""
    stored = line.stored(document)
    line.sendcmd("JNEW")
    found = re.search(r"jobid: (\d+)", line.said)
    if found is None:
        raise ftplib.error_proto(line.said)  # noqa: S321
    own = (f'JOBINFO "{name}"', f'DIALSTRING "{outgoing.to}"', f'EXTERNAL "{outgoing.to}"')
    for parameter in (*ONE_CALL, *own, f'DOCUMENT "{stored}"'):
        line.sendcmd(f"JPARM {parameter}")
    return found[1]


def _outcome(job: Job) -> Outcome | None:
    if job.state == RUNNING:
        return Outcome(Kind.PAGE_BEGINS, job.passed + 1, job.number, job.reason)
    if job.state == DONE:
        return Outcome(Kind.DELIVERED, job.passed, job.number, job.reason)
    if job.state != FAILED:
        return None
    said = job.reason.lower()
    kind = next((kind for words, kind in REASONS.items() if words in said), Kind.DROPPED)
    return Outcome(kind, job.passed, job.number, job.reason)


def create(settings: Settings) -> Gateway:
    return HylaFaxGateway(settings)
