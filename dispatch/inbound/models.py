"""What became of each text and fax that came in: it moved an assignment, or a person reads it."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from dispatch.orders.models import Assignment
from kernel.db import Base, Timestamp
from telephony.models import Inbound


class Reply(Base):
    """The text itself stays with telephony, unless it is a stranger's; here stands what it was
    taken for.
    """

    __tablename__ = "replies"
    __table_args__ = (
        CheckConstraint("outcome in ('applied', 'to_person', 'drill')", name="outcome"),
        Index(
            "ix_replies_open",
            "inbound_id",
            postgresql_where=text("outcome = 'to_person' and settled_at is null"),
        ),
        {"schema": "dispatch"},
    )

    inbound_id: Mapped[int] = mapped_column(
        ForeignKey(Inbound.id), primary_key=True, autoincrement=False
    )
    outcome: Mapped[str] = mapped_column(String(20))
    """It moved an assignment; waits for a person; or answered a drill, and nobody has to read it.
    """
    why: Mapped[str] = mapped_column(String(40), server_default="")
    is_stranger: Mapped[bool] = mapped_column(server_default=false())
    """Nobody's of ours: a citizen's words, for those who take submissions and nobody else."""
    sealed: Mapped[bytes | None]
    """A stranger's number and words, as `strangers` seals them; telephony keeps neither."""
    sealed_pages: Mapped[bytes | None] = mapped_column(deferred=True)
    """The PDF of a fax, as `pages` seals it; None once it was settled as an order's."""
    attachment_id: Mapped[int | None] = mapped_column(BigInteger)
    """In the file of the case whose order the fax answers."""
    sender_print: Mapped[bytes | None]
    """Of a stranger's number, by the index key of its time: several texts are one alarm."""
    organisation_path: Mapped[str] = mapped_column(String(200))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("dispatch.assignments.id"))
    report: Mapped[str | None] = mapped_column(String(20))
    alarm_of: Mapped[int | None] = mapped_column(BigInteger)
    """The text whose alarm stands for this one too: one alarm per sender, not per text."""
    settled_at: Mapped[Timestamp | None]
    settled_by: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(Text, server_default="")

    inbound: Mapped[Inbound] = relationship(lazy="joined", innerjoin=True)
    assignment: Mapped[Assignment | None] = relationship(viewonly=True)
