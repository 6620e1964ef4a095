"""Messages to terminals: queued in the caller's transaction, their fate told by jobs.

    queued → sent → acknowledged → answered (a question)
       │       ├── queued      (the link was lost before it answered: once more, marked as a repeat)
       │       └── failed      (refused, or never answered)
       └── expired             (from queued or sent)

Nothing here commits. `DOWNLINK_CHANGED` tells whoever queued it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gps_ingest.models import Downlink, Terminal
from kernel import jobs
from kernel.access import Role
from kernel.clock import now
from kernel.db import carried_out_by
from kernel.errors import BadInput, NotFound
from kernel.gate import gate
from kernel.gate.gate import Cleared

CHANNEL = "gps_downlinks"
"""PostgreSQL channel on which the listeners hear that something waits."""
DOWNLINK_CHANGED = "gps.downlink_changed"
"""Job: {downlink_id, state, answer, problem}."""
QUEUED, SENT, ACKNOWLEDGED = "queued", "sent", "acknowledged"
ANSWERED, FAILED, EXPIRED = "answered", "failed", "expired"
TEXT, QUESTION, EVENTS = "text", "question", "events"
PARAMETERS, READ_PARAMETERS = "parameters", "read_parameters"
POSITION, TRACK, CONFIRM_ALARM = "position", "track", "confirm_alarm"
SPOKEN = (TEXT, QUESTION, EVENTS)
"""Words for people: they wait while everything outbound is paused; a machine is asked on."""
WAY = "vehicle"
"""How the gate calls this way out."""
TWO_WAY = frozenset({"jt808"})
"""Protocols that take messages."""
LASTS = timedelta(minutes=30)
MAX_TEXT = 480
"""Characters: 1,000 bytes of GBK, with room for the mark of a repeat."""
MAX_QUESTION = 120
"""Characters of a question: its length is one byte."""

Reference = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a driver may give: 1 to 255, and its words."""

    id: int
    words: str


def tell(
    session: Session,
    terminal_id: int,
    words: Cleared[str],
    *,
    urgent: bool = False,
    reference: Reference | None = None,
    lasts: timedelta = LASTS,
) -> int:
    """Words for the screen and the voice of a vehicle; gives the downlink's id.

    Raises BadInput for no or too many words and for a terminal that takes none, NotFound,
    NotCleared for words that were cleared for another way.
    """
    content = {**_kept(words, MAX_TEXT), "urgent": urgent}
    return _queue(session, terminal_id, TEXT, content, reference, lasts)


def ask(
    session: Session,
    terminal_id: int,
    question: Cleared[str],
    choices: Sequence[Choice],
    *,
    fallback: str = "",
    urgent: bool = False,
    reference: Reference | None = None,
    lasts: timedelta = LASTS,
) -> int:
    """A question with its answers; `fallback`, words of the house's own, follows it where a
    terminal cannot ask.

    Raises what `tell` raises, BadInput without choices.
    """
    if not choices or len({one.id for one in choices}) != len(choices):
        raise BadInput("choices")
    content = {
        **_kept(question, MAX_QUESTION),
        "choices": [[one.id, one.words] for one in choices],
        "fallback": fallback,
        "urgent": urgent,
    }
    return _queue(session, terminal_id, QUESTION, content, reference, lasts)


def offer_events(session: Session, terminal_id: int, choices: Sequence[Choice]) -> int:
    """The list of events that the driver may report at any time."""
    content = {"choices": [[one.id, one.words] for one in choices]}
    return _queue(session, terminal_id, EVENTS, content, None, LASTS)


@carried_out_by(Role.HOUSE)
def confirm_alarm(session: Session, terminal_id: int, bits: int) -> int | None:
    """A person has taken its alarm: 0x8203. None for a terminal that cannot hear it."""
    terminal = session.get(Terminal, terminal_id)
    if terminal is None or terminal.protocol not in TWO_WAY:
        return None
    return _queue(session, terminal_id, CONFIRM_ALARM, {"bits": bits}, None, LASTS)


def ask_position(session: Session, terminal_id: int) -> int:
    """Where it is now: 0x8201."""
    return _queue(session, terminal_id, POSITION, {}, None, timedelta(minutes=2))


def follow(session: Session, terminal_id: int, seconds: int, interval: int = 5) -> int:
    """Report every `interval` seconds for `seconds`: 0x8202."""
    content = {"interval": interval, "duration": seconds}
    return _queue(session, terminal_id, TRACK, content, None, timedelta(seconds=seconds))


def set_parameters(session: Session, terminal_id: int, values: dict[int, bytes]) -> int:
    """0x8103: values raw by id."""
    content = {"values": {f"{key:08x}": value.hex() for key, value in values.items()}}
    return _queue(session, terminal_id, PARAMETERS, content, None, LASTS)


def read_parameters(session: Session, terminal_id: int, ids: Sequence[int] = ()) -> int:
    """0x8104, or 0x8106 for some of them; the answer lies in the content's `told`."""
    return _queue(session, terminal_id, READ_PARAMETERS, {"ids": list(ids)}, None, LASTS)


@carried_out_by(Role.HOUSE)
def cancel(session: Session, downlink_id: int) -> bool:
    """Stop it; False when it has left, or may have."""
    found = session.get(Downlink, downlink_id, with_for_update=True)
    if found is None or found.state != QUEUED or found.attempts:
        return False
    found.state, found.problem, found.ended_at = FAILED, "cancelled", now(session)
    return True


def get(session: Session, downlink_id: int) -> Downlink:
    """Raises NotFound."""
    found = session.get(Downlink, downlink_id)
    if found is None:
        raise NotFound("downlink", downlink_id)
    return found


def is_waiting(session: Session, terminal_id: int, kind: str) -> bool:
    """Whether a message of that kind to the terminal has not ended."""
    query = select(Downlink.id).where(
        Downlink.terminal_id == terminal_id, Downlink.kind == kind, Downlink.ended_at.is_(None)
    )
    return bool(session.scalar(select(query.exists())))


def told_upward(session: Session, found: Downlink) -> None:
    """The job that tells of its present state; nobody is told of what nobody refers to."""
    if found.reference_kind:
        jobs.enqueue(
            session,
            DOWNLINK_CHANGED,
            {
                "downlink_id": found.id,
                "reference": [found.reference_kind, found.reference_id],
                "state": found.state,
                "answer": found.answer,
                "problem": found.problem,
                "as_text": found.as_text,
                "attempts": found.attempts,
                "at": now(session).isoformat(),
            },
        )


@carried_out_by(Role.HOUSE)
def _queue(
    session: Session,
    terminal_id: int,
    kind: str,
    content: dict[str, Any],
    reference: Reference | None,
    lasts: timedelta,
) -> int:
    terminal = session.get(Terminal, terminal_id)
    if terminal is None:
        raise NotFound("terminal", terminal_id)
    if terminal.protocol not in TWO_WAY:
        raise BadInput("terminal", "takes_no_messages")
    moment = now(session)
    made = Downlink(
        terminal_id=terminal_id,
        kind=kind,
        content=content,
        reference_kind=reference[0] if reference else "",
        reference_id=reference[1] if reference else None,
        created_at=moment,
        expires_at=moment + lasts,
    )
    session.add(made)
    session.flush()
    session.execute(select(func.pg_notify(CHANNEL, str(terminal_id))))
    return made.id


def words_of(content: Mapping[str, Any]) -> str:
    """The words of a stored message, known to be those that were cleared; raises NotCleared."""
    words = str(content["words"])
    return gate.restored(content.get("cleared"), words, words).for_way(WAY)


def _kept(words: Cleared[str], longest: int) -> dict[str, str]:
    plain = " ".join(words.for_way(WAY).split())
    if not plain or len(plain) > longest:
        raise BadInput("text", "length", longest=longest)
    return {"words": plain, "cleared": gate.stamp_of(words.purpose, plain)}
