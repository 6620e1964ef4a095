"""What an engine's own process tells our web process: one report, taken or to be told again."""

import base64
import json
import urllib.request
from collections.abc import Mapping

from kernel.log import get_logger
from kernel.settings import Settings

log = get_logger(__name__)
SECONDS = 10


def call_receipt(settings: Settings, report: Mapping[str, object]) -> bool:
    """Whether the web process has taken what is said of a call."""
    return told(settings, "call/receipt", report)


def told(settings: Settings, what: str, report: Mapping[str, object]) -> bool:
    """Whether the web process has taken the report; it stores before it answers."""
    token = base64.b64encode(f"call:{settings.hook_token}".encode()).decode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{settings.http_port}/hooks/{what}",
        data=json.dumps(report).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Basic {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return bool(200 <= response.status < 300)
    except OSError as error:
        log.warning("call_report_not_taken", error=str(error))
        return False
