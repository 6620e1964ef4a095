"""Which page of each fax the exchange is sending now, asked over AMI on loopback.

Who asks keeps no connection, and misses nothing that counts: the end of a call is in the journal.
"""

import socket
from io import BufferedRWPair
from typing import Any

from kernel.settings import Settings
from telephony.exchange import USER

SECONDS = 3
NOTHING_AGREED = "0x0"
"""The resolution while the two machines have not agreed on one: no page is under way yet."""
Block = dict[str, str]
"""One answer or event: its fields by name."""


def under_way(settings: Settings) -> dict[str, int]:
    """Job -> the page that its machine is being sent. Raises OSError while nobody answers."""
    found: dict[str, int] = {}
    address = ("127.0.0.1", settings.ami_port)
    with socket.create_connection(address, SECONDS) as line, line.makefile("rwb") as talk:
        talk.readline()  # its name and version
        login = {"Username": USER, "Secret": settings.ari_password, "Events": "off"}
        _ask(talk, "Login", **login)
        for one in _ask(talk, "FAXSessions", "FAXSessionsComplete"):
            if one.get("Operation") == "send":
                call, *_ = _ask(talk, "Getvar", Channel=one["Channel"], Variable="JOB")
                number = {"SessionNumber": one["SessionNumber"]}
                now = _ask(talk, "FAXSession", "FAXSession", **number)[-1]
                page = now.get("PageNumber", "")
                if now.get("ImageResolution") != NOTHING_AGREED and page.isdecimal():
                    found[call.get("Value", "")] = int(page)
    return found


def _ask(
    talk: "BufferedRWPair[Any]", action: str, last_event: str = "", **fields: str
) -> list[Block]:
    """The answer, and its events up to the last one where there are any."""
    said = {"Action": action, **fields}
    talk.write("".join(f"{name}: {value}\r\n" for name, value in said.items()).encode() + b"\r\n")
    talk.flush()
    found = [_block(talk)]
    while last_event and found[0].get("Response") == "Success":
        found.append(_block(talk))
        if found[-1].get("Event") == last_event:
            break
    return found


def _block(talk: "BufferedRWPair[Any]") -> Block:
    found: Block = {}
    while line := talk.readline():
        name, colon, value = line.decode("utf-8", "replace").strip().partition(": ")
        if colon:
            found[name] = value
        elif not name and found:
            return found
    raise ConnectionError("the exchange hung up")
