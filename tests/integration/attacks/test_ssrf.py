"""Requests that somebody would like the server to make."""

import ast
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from command_center.accounts.oidc import LARGEST, Provider, _asked
from command_center.cases import papers
from kernel import pages
from kernel.errors import Unauthenticated, Unavailable
from telephony import fax_page
from tests.factories.documented import changed, leaves, operations
from tests.factories.siege import ALL, Siege

ROOT = Path(__file__).parents[3]
PACKAGES = ("command_center", "dispatch", "gps_ingest", "kernel", "maps", "telephony")
CALLING = {"requests", "urllib.request", "http.client", "httpx", "aiohttp", "urllib3", "ftplib",
           "smtplib", "telnetlib", "xmlrpc.client", "websocket", "pycurl"}  # fmt: skip
CALLERS = {
    "command_center/accounts/oidc.py": "the bureau's identity provider, named by the settings",
    "command_center/accounts/phones.py": "our own listener, named by the settings",
    "command_center/accounts/push/sender.py": "push services, of the hosts that the settings name",
    "command_center/cases/registries.py": "the registration authority, named by the settings",
    "command_center/commands/up.py": "our own web process",
    "command_center/demo/simulator.py": "our own web process, in demo mode",
    "command_center/engines/kannel.py": "Kannel's admin page, on loopback",
    "command_center/engines/smsc.py": "the simulated SMSC, on loopback",
    "kernel/remote.py": "nobody: reads what a caller was answered",
    "maps/geocoding/sources/online.py": "the geocoders that the settings name",
    "telephony/gateways/fax_hylafax.py": "the HylaFAX that the settings name",
    "telephony/engine_http.py": "Kannel, the simulated fax machine and the exchange, on loopback",
    "telephony/callback.py": "our own web process, on loopback",
}
"""Every module that makes requests, and of whom."""
TARGETS = (
    "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://attacker.example/",
    "http://0x7f000001:6379/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL",
    "<img src=http://attacker.example/x>", "url(http://attacker.example/x)",
    "https://uri.amap.com/marker?position=116.4,39.9&callback=http://attacker.example/",
)  # fmt: skip


def test_who_makes_requests_is_a_short_reviewed_list() -> None:
    found = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            names = {
                name
                for node in ast.walk(ast.parse(file.read_text("utf-8")))
                for name in imported(node)
            }
            if names & CALLING:
                found.add(file.relative_to(ROOT).as_posix())
    assert found == set(CALLERS)


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_address_in_any_field_is_ever_asked(
    besieged: Siege, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = socket.getaddrinfo

    def watched(host: Any, *more: Any, **named: Any) -> Any:
        asked.append(host)
        return real(host, *more, **named)

    def connecting(self: socket.socket, address: Any) -> None:
        asked.append(address[0] if isinstance(address, tuple) else address)
        connect(self, address)

    connect = socket.socket.connect
    monkeypatch.setattr(socket, "getaddrinfo", watched)
    monkeypatch.setattr(socket.socket, "connect", connecting)
    for operation in operations(besieged.app):
        body = besieged.body(operation) if operation.body else None
        for number, (way, value) in enumerate(leaves(body)):
            if isinstance(value, str):
                sent = changed(body, way, TARGETS[number % len(TARGETS)])
                besieged.send(ALL, operation.method, besieged.path(operation), json=sent)
        for name in operation.query:
            for target in TARGETS[:3]:
                besieged.send(ALL, operation.method, besieged.path(operation),
                              query_string={name: target})  # fmt: skip
    assert set(asked) <= {"127.0.0.1", "localhost", "::1"}, set(asked)


# -- papers and faxes ----------------------------------------------------------------------------


class Trap:
    """A server on loopback that notes who comes, and answers what it is told to."""

    def __init__(self) -> None:
        trap = self
        self.hits: list[str] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                trap.hits.append(self.path)
                status, headers, body = trap.answers.get(self.path, (200, {}, b"{}"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    yield made
    made.stop()


def test_no_page_fetches_anything(trap: Trap, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG")
    bait = (
        f'<img src="{trap.address}/img"><link rel=stylesheet href="{trap.address}/css">'
        f"<style>@import url({trap.address}/import); p {{ background: url({trap.address}/bg) }}"
        f"@font-face {{ font-family: x; src: url({trap.address}/font) }}</style>"
        f'<object data="{trap.address}/object"></object><img src="file://{secret}">'
        f'<p style="font-family: x">x</p><a rel=attachment href="{trap.address}/attachment">x</a>'
        f'<link rel=attachment href="file://{secret}">'
    )
    made = pages.laid_out(f"<html>{bait}</html>", f"p {{ background: url({trap.address}/own) }}")
    assert made.write_pdf().startswith(b"%PDF")
    fax_page.render(bait)
    fax_page.render(fax_page.form(bait, [(bait, bait)], bait))
    html = papers.TEMPLATES[papers.REFERRAL].render(
        style="", **dict.fromkeys(("bureau", "number", "agency", "case_no", "received_on",
                                   "signed_on", "subject", "credit_code", "address", "facts",
                                   "reason", "legal_basis"), bait), materials=[bait],
    )  # fmt: skip
    assert "<img" not in html
    pages.laid_out(html).write_pdf()
    assert trap.hits == []


# -- the identity provider -----------------------------------------------------------------------


def provider(besieged: Siege, issuer: str) -> Provider:
    known = {"oidc_issuer": issuer, "oidc_client_id": "x", "oidc_client_secret": "y"}
    return Provider(besieged.settings.model_copy(update=known))


def document(issuer: str, **changes: str) -> bytes:
    said = {"issuer": issuer, "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token", "jwks_uri": f"{issuer}/keys"}  # fmt: skip
    return json.dumps(said | changes).encode()


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "elsewhere",
    ["http://169.254.169.254/x", "http://127.0.0.1:6379/", "https://attacker.example/", "file:///x",
     "//attacker.example/", "", "http://127.0.0.1@attacker.example/", "/relative"],
)  # fmt: skip
def test_a_discovery_document_sends_us_nowhere_else(
    besieged: Siege, trap: Trap, endpoint: str, elsewhere: str
) -> None:
    trap.answers[DISCOVERY] = (200, {}, document(trap.address, **{endpoint: elsewhere}))
    with pytest.raises(Unavailable):
        provider(besieged, trap.address).start("/")
    assert trap.hits == [DISCOVERY]


@pytest.mark.parametrize("where", [DISCOVERY, "/token"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_of_the_provider_is_followed(
    besieged: Siege, trap: Trap, where: str, status: int
) -> None:
    trap.answers[DISCOVERY] = (200, {}, document(trap.address))
    trap.answers[where] = (status, {"Location": f"{trap.address}/elsewhere"}, b"")
    asking = provider(besieged, trap.address)
    with pytest.raises((Unavailable, Unauthenticated)):
        _, sealed = asking.start("/")
        flow = json.loads(asking.vault.open(bytes.fromhex(sealed), b"oidc flow"))
        asking.finish(asking.flow(sealed, flow["state"]), "code")
    assert "/elsewhere" not in trap.hits


@pytest.mark.parametrize(
    "body",
    [b"x" * (LARGEST + 1), b"[]", b"null", b"[" * 100_000, b"\xff", b"", b'{"issuer": 1}',
     b'{"a":"' + b"x" * LARGEST * 4],
)  # fmt: skip
def test_no_answer_of_the_provider_breaks_or_holds_us(
    besieged: Siege, trap: Trap, body: bytes
) -> None:
    trap.answers[DISCOVERY] = (200, {}, body)
    with pytest.raises(Unavailable):
        provider(besieged, trap.address).start("/")


def test_a_provider_that_drips_is_left(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte now and then keeps every timeout of a single read away."""
    from command_center.accounts import oidc

    monkeypatch.setattr(oidc, "SECONDS", 0.5)
    ready, stop = threading.Event(), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        ready.set()
        peer, _ = listener.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not stop.wait(0.1):
                try:
                    peer.sendall(b" ")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    ready.wait()
    with pytest.raises(requests.RequestException):
        _asked("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/")
    stop.set()
    thread.join()
    listener.close()
