"""SIMULATOR of an identity provider (OpenID Connect): answers on loopback, knows one person.

It checks what a real provider checks (client, redirect address, PKCE, one use of a code), signs
with a key of its own, and can be told to lie in the ways that a relying party must notice.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "command-center", "simulator-secret"


@dataclass
class Simulator:
    """`claims` is whom it recognises; `lies` replaces what its identity tokens say."""

    claims: dict[str, Any]
    lies: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: RSAKey | None = None
    grants: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        simulator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                simulator.read(self)

            def do_POST(self) -> None:
                simulator.trade(self)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def authorise(self, address: str) -> str:
        """What happens when the person says yes: the address the browser is sent back to."""
        asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.grants[code] = asked
        back = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def read(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/.well-known/openid-configuration":
            _answer(request, 200, {
                "issuer": self.lies.get("issuer_named", self.issuer),
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            })  # fmt: skip
        else:
            _answer(request, 200, {"keys": [self.key.as_dict(private=False)]})

    def trade(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"])).decode()
        given = {name: one[0] for name, one in parse_qs(body).items()}
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        grant = self.grants.pop(given.get("code", ""), None)
        proof = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        if (
            grant is None
            or request.headers.get("Authorization") != f"Basic {basic}"
            or given["redirect_uri"] != grant["redirect_uri"]
            or base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != grant["code_challenge"]
        ):
            _answer(request, 400, {"error": "invalid_grant"})
            return
        token = {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(grant)}
        _answer(request, 200, token)

    def sign(self, grant: dict[str, str]) -> str:
        moment = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "1", "iat": moment, "exp": moment + 60,
            "nonce": grant["nonce"], **self.claims, **self.lies,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": "one"}, said, self.signing_key or self.key)


def _answer(request: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    data = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)
