"""Structured logs: columns for people in development, JSON lines in production."""

import logging
import sys
from contextvars import ContextVar
from typing import Any, cast

import structlog

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")


def _add_correlation(
    _: Any, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    if ident := correlation_id.get():
        event["correlation_id"] = ident
    return event


def configure(*, json: bool, level: str = "INFO") -> None:
    """Send every log line to stderr, the library loggers' lines included."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_correlation,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        # The default prints every local variable, and so personal data.
        else structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    chain: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if json:
        chain.append(structlog.processors.format_exc_info)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*chain, renderer])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The structured logger of one module."""
    return cast(structlog.stdlib.BoundLogger, structlog.get_logger(name))
