"""Where facts about a business come from: the registry that was imported, or the authority's own
service. Both implement dispatch's port `Registry`.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import requests
from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.subjects.ports import (
    FOUND,
    NOT_FOUND,
    TIMEOUT,
    UNAVAILABLE,
    Answer,
    Asked,
    Facts,
    Registry,
)
from kernel.gate import gate
from kernel.log import get_logger
from kernel.remote import Breaker, body
from kernel.settings import Settings
from maps.models import Business

log = get_logger(__name__)
QUESTION = "registry.question"
AT_MOST = 256 * 1024
"""Bytes of an answer."""


Unit = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction."""


def registry_of(settings: Settings, unit: Unit) -> Registry:
    """The authority's service where one is set, else what was imported."""
    if settings.registry_url:
        return RemoteRegistry(settings.registry_url, settings.registry_seconds)
    return ImportedRegistry(unit)


class ImportedRegistry:
    """Asks the businesses that were loaded into this house."""

    def __init__(self, unit: Unit):
        self.unit = unit

    def find(self, asked: Asked) -> Answer:
        """A name that several have is not found: nobody guesses which is meant."""
        same = Business.name == asked.name
        if asked.credit_code:
            same = Business.credit_code == asked.credit_code
        with self.unit() as session:
            found = session.scalars(select(Business).where(same).limit(2)).all()
        if len(found) != 1:
            return Answer(NOT_FOUND, "registry")
        [one] = found
        told = {name: getattr(one, name) or "" for name in Facts.__dataclass_fields__}
        return Answer(FOUND, one.source, one.fetched_at, Facts(**told))


class Told(BaseModel):
    """What the authority's service answers; what else it says is not kept."""

    name: str = ""
    credit_code: str = ""
    address: str = ""
    phone: str = ""
    legal_representative: str = ""
    scope: str = ""
    promises: str = ""
    service_standards: str = ""
    fetched_at: AwareDatetime | None = None


class RemoteRegistry:
    """Asks over HTTP with `credit_code` and `name`; 404 means that the business is not known."""

    source = "remote"

    def __init__(self, url: str, seconds: float, breaker: Breaker | None = None):
        self.url, self.seconds = url, seconds
        self.breaker = breaker or Breaker()
        self.http = requests.Session()
        self.http.trust_env = False

    def find(self, asked: Asked) -> Answer:
        if self.breaker.is_open:
            return Answer(UNAVAILABLE, self.source)
        answer = self._asked(asked)
        if answer.outcome in (TIMEOUT, UNAVAILABLE):
            self.breaker.failed()
            log.warning("registry_silent", outcome=answer.outcome)
        else:
            self.breaker.succeeded()
        return answer

    def _asked(self, asked: Asked) -> Answer:
        told = {"credit_code": asked.credit_code, "name": asked.name}
        question = gate.clear(QUESTION, told).for_way("api")
        try:
            with self.http.get(
                self.url,
                params=question,
                timeout=self.seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                if response.status_code == requests.codes.not_found:
                    return Answer(NOT_FOUND, self.source)
                if response.status_code != requests.codes.ok:
                    return Answer(UNAVAILABLE, self.source)
                return self._read(body(response, self.seconds, AT_MOST))
        except requests.Timeout:
            return Answer(TIMEOUT, self.source)
        except (requests.RequestException, ValidationError):
            return Answer(UNAVAILABLE, self.source)

    def _read(self, body: bytes) -> Answer:
        told = Told.model_validate_json(body)
        since: datetime | None = told.fetched_at
        return Answer(FOUND, self.source, since, Facts(**told.model_dump(exclude={"fetched_at"})))
