"""Asks a browser's push service to wake it: an empty message, so that nothing leaves the house."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from sqlalchemy import delete

from command_center.accounts.push import endpoints, vapid
from command_center.accounts.push.models import PushSubscription
from kernel import pause
from kernel.access import Role, system
from kernel.db import Database
from kernel.gate import gate
from kernel.jobs import BACKOFF_CAP_SECONDS, Claimed, Retry, absorb
from kernel.log import get_logger
from kernel.settings import Settings

log = get_logger(__name__)
WAKER = system("waker", role=Role.HOUSE)
SECONDS = 5
"""For connecting, and again for the answer's head; its body is not read."""
PAUSED_SECONDS = 15
KEPT_SECONDS = 4 * 3600
"""TTL (RFC 8030 section 5.2): how long the service keeps it for a phone that is off."""
TOPIC = "orders"
"""One that waits there is replaced by the next (section 5.4)."""
GONE = (404, 410)
LATER = 429


class Pusher:
    """Handler of the job `accounts.push`: at least once, like the notice itself."""

    def __init__(self, settings: Settings, database: Database):
        self.settings, self.database = settings, database

    def handle(self, job: Claimed) -> None:
        """Raises Retry while everything outbound is paused, and when the service asks for it."""
        ident = job.payload["subscription_id"]
        with self.database.unit_of_work(WAKER) as session:
            found = session.get(PushSubscription, ident)
            if found is None:
                return
            if pause.is_on(session):
                raise Retry(PAUSED_SECONDS, "outbound_paused", counts=False)
            absorb(session, job)
            endpoint = found.endpoint
        if not endpoints.is_allowed(self.settings, endpoint):
            return  # the setting has changed since
        answer = self._post(job, endpoint)
        if answer.status_code in GONE:
            self._forget(ident)
        elif answer.status_code == LATER or answer.status_code >= 500:
            raise Retry(self._asked(answer) or _patience(job), f"http_{answer.status_code}")
        elif not answer.ok or answer.is_redirect:
            host = urlsplit(endpoint).hostname  # the rest of it would let anybody wake the browser
            log.warning("push_refused", host=host, status=answer.status_code)

    def _post(self, job: Claimed, endpoint: str) -> requests.Response:
        """The answer's head; its body is nobody's and stays unread. Raises Retry."""
        nothing = gate.made_of("order.push", b"", ())
        settings, moment = self.settings, self.database.clock.now()
        headers = {
            "TTL": str(KEPT_SECONDS),
            "Urgency": "high",
            "Topic": TOPIC,
            "Authorization": vapid.authorization(
                settings.push_key, settings.push_contact, endpoint, moment
            ),
        }
        try:
            with requests.post(
                endpoint,
                data=nothing.for_way("push"),
                headers=headers,
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer
        except requests.RequestException as error:  # its words name the whole address
            raise Retry(_patience(job), type(error).__name__) from None

    def _forget(self, ident: int) -> None:
        """The browser has taken it back; the person may ask for it again."""
        gone = delete(PushSubscription).where(PushSubscription.id == ident)
        with self.database.unit_of_work(WAKER) as session:
            session.execute(gone)

    def _asked(self, answer: requests.Response) -> float:
        """Seconds that the service asks us to wait (RFC 9110 section 10.2.3); 0 where it does not.

        No longer than it would keep the message.
        """
        said = answer.headers.get("Retry-After", "")
        try:
            until = parsedate_to_datetime(said)
            moment = self.database.clock.now()
            seconds = (until.replace(tzinfo=until.tzinfo or UTC) - moment).total_seconds()
        except ValueError:
            seconds = float(said) if said.isdecimal() else 0
        return min(max(seconds, 0), KEPT_SECONDS)


def _patience(job: Claimed) -> float:
    return min(2.0**job.attempt, BACKOFF_CAP_SECONDS)
