"""Officers' phones as terminals: their positions take the same road as any vehicle's."""

import hashlib
import hmac

import requests
from sqlalchemy.orm import Session

from dispatch.field.ports import PhoneFix
from gps_ingest import queries, terminals
from kernel.access import Role
from kernel.db import carried_out_by
from kernel.errors import Unavailable
from kernel.settings import Settings

KNOT_KMH = 1.852
SECONDS = 3


class Phones:
    """Implements dispatch's port `PositionSink` by speaking OsmAnd to our own listener."""

    def __init__(self, settings: Settings):
        self.key = settings.secret_key.encode()
        self.address = f"http://{settings.host}:{settings.osmand_port}/"
        self.http = requests.Session()

    @carried_out_by(Role.HOUSE)
    def terminal(self, session: Session, user_id: int, name: str) -> int:
        """The officer's phone, registered on first use under a name that nobody can guess."""
        identity = self._identity(user_id)
        known = queries.terminal_by_identity(session, identity)
        if known is None:
            known = terminals.register(session, identity=identity, protocol="osmand", name=name)
        return known.id

    @carried_out_by(Role.HOUSE)
    def accept(self, session: Session, terminal_id: int, fix: PhoneFix) -> None:
        """Hand a position to the listener; raises Unavailable so that the phone tries again."""
        said: dict[str, str | float] = {
            "id": terminals.get(session, terminal_id).identity,
            "timestamp": fix.at.isoformat(),
            "lat": fix.lat,
            "lon": fix.lon,
        }
        if fix.speed_kmh is not None:
            said["speed"] = fix.speed_kmh / KNOT_KMH
        if fix.course is not None:
            said["bearing"] = fix.course
        if fix.accuracy_m is not None:
            said["accuracy"] = fix.accuracy_m
        try:
            answer = self.http.post(self.address, data=said, timeout=SECONDS)
        except requests.RequestException as error:
            raise Unavailable from error
        if answer.status_code != requests.codes.ok:
            raise Unavailable

    def _identity(self, user_id: int) -> str:
        digest = hmac.new(self.key, f"phone {user_id}".encode(), hashlib.sha256)
        return f"{terminals.PHONE}{digest.hexdigest()[:24]}"
