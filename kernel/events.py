"""In-process news, published after commit. May be lost: only for refreshing what people see."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from kernel.log import get_logger

log = get_logger(__name__)
E = TypeVar("E")


class EventBus:
    """Event type -> handlers. Only the wiring subscribes."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> None:
        self._handlers[kind].append(handler)

    def publish(self, event: object) -> None:
        """Call every handler; a handler that fails is logged and stops nobody."""
        for handler in self._handlers[type(event)]:
            try:
                handler(event)
            except Exception:
                log.exception("event_handler_failed", event_type=type(event).__name__)


def emit(session: Session, event: object) -> None:
    """Queue an event for publication after this unit of work has committed, once."""
    if event not in session.info["events"]:
        session.info["events"].append(event)
