"""Browsers that may be woken."""

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command_center.accounts.models import LoginSession
from kernel.db import Base, Key, Timestamp


class PushSubscription(Base):
    """One signed-in browser: where its push service takes messages (RFC 8030). Ends with its
    session.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (UniqueConstraint("endpoint"), {"schema": "accounts"})

    id: Mapped[Key]
    session_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey(LoginSession.id, ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("accounts.users.id"), index=True)
    endpoint: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Timestamp]
