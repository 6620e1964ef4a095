"""Whether the main job can run: the state of every part it stands on."""

import shutil
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kernel.bus import Bus
from kernel.db import Database
from kernel.settings import Settings
from telephony.health import health as channels

LEAST_FREE_MB = 500
ESSENTIAL = ("postgres", "redis", "worker", "ingest", "disk")
Part = dict[str, Any]


def health(settings: Settings, database: Database, bus: Bus) -> dict[str, Any]:
    """Every part's state; `ok` when the main job can run, `degraded` names what still hampers it.

    A carrier that is away degrades: texts wait in Kannel, fax and the officers' page go on. A
    Kannel that does not run is more than that: no order can leave as a text.
    """
    parts: dict[str, Part] = {
        "postgres": _timed(lambda: _database_answers(database)),
        **_on_the_bus(settings, bus),
        "disk": _disk(settings),
        **channels(settings),
    }
    essential = all(parts[name]["ok"] for name in ESSENTIAL)
    return {
        "ok": essential and parts["sms"].get("engine") == "running",
        "mode": settings.mode,
        "parts": parts,
        "degraded": [name for name, part in parts.items() if _is_hampered(part)],
    }


def _timed(check: Callable[[], bool]) -> Part:
    began = time.perf_counter()
    try:
        ok = check()
    except (SQLAlchemyError, RedisError, OSError) as error:
        return {"ok": False, "problem": type(error).__name__}
    return {"ok": ok, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _is_hampered(part: Part) -> bool:
    return not part["ok"] or part.get("processes", 1) < part.get("of", 1)


def _on_the_bus(settings: Settings, bus: Bus) -> dict[str, Part]:
    """Redis, and the processes that leave their heartbeat there; a silent one is asked once."""
    redis = _timed(lambda: bool(bus.redis.ping()))
    if not redis["ok"]:
        unknown = {"ok": False, "problem": "no bus to ask"}
        return {"redis": redis, "worker": unknown, "ingest": unknown}
    return {
        "redis": redis,
        "worker": _processes(bus, "worker", 1),
        "ingest": _processes(bus, "ingest", settings.ingest_processes),
    }


def _processes(bus: Bus, kind: str, wanted: int) -> Part:
    """One that lives is enough to work; fewer than wanted hampers."""
    try:
        living = bus.alive(kind)
    except RedisError as error:
        return {"ok": False, "problem": type(error).__name__}
    return {"ok": living > 0, "processes": living, "of": wanted}


def _database_answers(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(text("select true")))


def _disk(settings: Settings) -> Part:
    free = shutil.disk_usage(settings.var_dir).free >> 20
    return {"ok": free >= LEAST_FREE_MB, "free_mb": free}
