"""Asking about the business of an order; the answer stays with the order. Nothing here commits."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from dispatch.news import tell_timeline
from dispatch.orders.brief import OrderBrief
from dispatch.orders.models import Order
from dispatch.subjects.models import SubjectFacts
from dispatch.subjects.ports import FOUND, NOT_FOUND, Answer, Asked, Registry
from kernel.audit import record
from kernel.clock import now
from kernel.db import principal_of
from kernel.errors import Conflict
from kernel.limiter import Limiter

A_MINUTE = 10
"""So often one person may ask."""
SHOWN = 20
FRESH = timedelta(minutes=1)
"""An answer so young is not asked for again, whoever asks."""


class SubjectService:
    """Whoever calls has shown that the order is theirs to see."""

    def __init__(self, registry: Registry):
        self.registry, self.limiter = registry, Limiter(A_MINUTE, 60)

    def question(self, session: Session, order: Order) -> Asked | None:
        """What to ask the registry, once this transaction is over; None where an answer is fresh.

        Raises Conflict `no_subject`, TooMany.
        """
        brief = OrderBrief.from_json(order.brief)
        asked = Asked(brief.subject_credit_code.strip(), brief.subject_name.strip())
        if not (asked.credit_code or asked.name):
            raise Conflict("no_subject")
        if _is_fresh(session, order):
            return None
        self.limiter.pass_or_refuse(principal_of(session).id)
        return asked

    @staticmethod
    def keep(session: Session, order: Order, answer: Answer) -> None:
        """Keep what the registration authority answered now, a silence as well."""
        principal = principal_of(session)
        kept = SubjectFacts(
            order_id=order.id,
            asked_at=now(session),
            asked_by=principal.id,
            asked_by_name=principal.name,
            outcome=answer.outcome,
            source=answer.source,
            fetched_at=answer.fetched_at,
            content=answer.facts.as_json(),
        )
        session.add(kept)
        session.flush()
        record(session, "subject.asked", "order", order.id, outcome=answer.outcome)
        tell_timeline(
            session, order.case_id, "subject_asked", order_id=order.id,
            order_no=order.order_no, registry_answer=answer.outcome,
        )  # fmt: skip

    @staticmethod
    def of(session: Session, order: Order) -> Sequence[SubjectFacts]:
        """What was known of it, the newest first."""
        return session.scalars(
            select(SubjectFacts)
            .where(SubjectFacts.order_id == order.id)
            .order_by(SubjectFacts.id.desc())
            .limit(SHOWN)
        ).all()


def _is_fresh(session: Session, order: Order) -> bool:
    answered = exists().where(
        SubjectFacts.order_id == order.id,
        SubjectFacts.outcome.in_((FOUND, NOT_FOUND)),
        SubjectFacts.asked_at > now(session) - FRESH,
    )
    return bool(session.scalar(select(answered)))
