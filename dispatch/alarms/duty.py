"""Calling whoever is on duty: a text, or a call, to those who sit at no desk."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Any, Protocol

from sqlalchemy.orm import Session

from dispatch.alarms.models import Alarm
from kernel.errors import BadInput
from kernel.gate import gate
from kernel.gate.gate import Cleared
from telephony import outbound

Present = Callable[[Collection[int]], bool]
"""Whether one of these people sits at a desk."""
POSTS = {
    "DISP": "调度员", "SHIFT": "班长", "CMD": "指挥长", "DEPUTY": "副局长", "HEAD": "局长",
}  # fmt: skip


class OnDuty(Protocol):
    """Somebody who can be called."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...


Roster = Callable[[Session, str, str], Sequence[OnDuty]]
"""Who is on duty at a rung now for what happens at a path, the nearest organisation first."""


class DutyCall:
    """An alarm has climbed to a rung: whoever is on duty there learns of it.

    Where the roster names nobody, and where one of them sits at a desk, it rings there alone.
    """

    def __init__(self, on_duty: Roster, is_anybody_here: Present, zone: tzinfo):
        self.on_duty, self.is_anybody_here, self.zone = on_duty, is_anybody_here, zone

    def __call__(self, session: Session, alarm: Alarm) -> Sequence[str]:
        """The names of those who were told."""
        found = self.on_duty(session, alarm.organisation_path, alarm.rung)
        due = [one for one in found if one.id != alarm.about_user_id]
        if self.is_anybody_here([one.id for one in due]):
            return []
        said = {
            "post": POSTS[alarm.rung],
            "minute": f"{alarm.raised_at.astimezone(self.zone):%H:%M}",
        }
        return text(session, alarm, due, gate.clear("sms.duty_alarm", said).written(_words))


def text(
    session: Session, alarm: Alarm, people: Iterable[OnDuty], words: Cleared[str], subject: str = ""
) -> list[str]:
    """Tell each of them by SMS; gives the names of those who have a number."""
    told = []
    for one in people:
        try:
            outbound.queue_sms(
                session, words, to=one.phone, recipient_name=one.name,
                reference=("alarm", alarm.id), subject=subject, priority=alarm.level,
            )  # fmt: skip
        except BadInput:  # no number, or none: the next one is called all the same
            continue
        told.append(one.name)
    return told


def call(session: Session, alarm: Alarm, people: Iterable[OnDuty], words: Cleared[str]) -> None:
    """Ring each of them, all at once: a text may lie unread."""
    for one in people:
        with suppress(BadInput):  # no number, or none
            outbound.queue_call(
                session, words, to=one.phone, recipient_name=one.name,
                reference=("alarm", alarm.id), priority=alarm.level,
            )  # fmt: skip


def _words(said: Mapping[str, Any]) -> str:
    post = f"已升级至您值班的{said['post']}岗"
    return f"【值班告警】{said['minute']} 的告警无人处置，{post}，请立即登录处置。"
