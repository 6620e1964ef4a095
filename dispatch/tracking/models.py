"""Who looks at the past of the whole board, at which part of it, and until when."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, Reference, Timestamp


class Playback(Base):
    """Leave to see where every unit was in a period; given for a reason, which the log keeps."""

    __tablename__ = "playbacks"
    __table_args__ = {"schema": "dispatch"}

    id: Mapped[Key]
    user_id: Mapped[Reference]
    began_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    since: Mapped[Timestamp]
    until: Mapped[Timestamp]
    reason_code: Mapped[str] = mapped_column(String(60))
