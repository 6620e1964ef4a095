"""Where a member of staff sits, as the audit keeps it; nothing is kept of the public."""

import re

from flask import request

BROWSER = re.compile(r"(Edg|Firefox|Chrome|Version)/(\d+)")
SYSTEM = re.compile(r"Windows|Android|iPhone|iPad|Mac OS X|Linux")


def seat(session_id: str) -> str:
    """Address, session, browser and system of the present request."""
    device = request.user_agent.string
    browser, system = BROWSER.search(device), SYSTEM.search(device)
    parts = (
        (request.remote_addr or "")[:45],
        f"session {session_id}" if session_id else "",
        f"{browser[1].replace('Version', 'Safari')}/{browser[2]}" if browser else "",
        system[0] if system else "",
    )
    return " ".join(filter(None, parts))
