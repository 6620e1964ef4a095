"""A bureau's identity provider: OpenID Connect, authorisation code with PKCE, state and nonce.

The provider says who somebody is; whether they have an account, and what they may do, is said
here alone. What a sign-in under way must remember lies sealed in the browser's own cookie.
"""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from command_center.accounts import secret_values
from kernel.crypto import Broken, Vault
from kernel.errors import Unauthenticated, Unavailable
from kernel.log import get_logger
from kernel.settings import Settings

log = get_logger(__name__)
SCOPE = "openid profile"
SECONDS = 5
LARGEST = 256 << 10
"""Bytes of an answer of the provider."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
FLOW_LASTS = 600
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
LEEWAY = 60
SEVERAL = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face"})
"""Values of `amr` (RFC 8176) that tell of more than a password."""
AAD = b"oidc flow"


@dataclass(frozen=True)
class Flow:
    """What a sign-in under way must remember."""

    state: str
    nonce: str
    verifier: str
    next: str
    until: float


@dataclass(frozen=True)
class Known:
    """Whom the provider recognised, and whether by more than a password."""

    account: str
    strong: bool


class Provider:
    """The identity provider that the settings name. Every call asks it; sign-ins are rare."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.vault = Vault(settings.secret_key)
        self.redirect_uri = f"{settings.base_url.rstrip('/')}/api/v1/session/provider/return"

    def start(self, onward: str) -> tuple[str, str]:
        """The address to send the browser to, and the sealed flow for its cookie.

        Raises Unavailable when the provider does not answer.
        """
        flow = Flow(
            state=secret_values.token(),
            nonce=secret_values.token(),
            verifier=generate_token(64),
            next=onward,
            until=time.time() + FLOW_LASTS,
        )
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=flow.state,
                nonce=flow.nonce,
                code_verifier=flow.verifier,
            )
        sealed = self.vault.seal(json.dumps(asdict(flow)).encode(), AAD)
        return address, sealed.hex()

    def flow(self, sealed: str, state: str) -> Flow:
        """The flow that this browser began with this state; raises Unauthenticated."""
        try:
            flow = Flow(**json.loads(self.vault.open(bytes.fromhex(sealed), AAD)))
        except (Broken, ValueError, TypeError) as error:
            raise Unauthenticated("provider_refused") from error
        if flow.until < time.time() or not secret_values.same(flow.state, state):
            raise Unauthenticated("provider_refused")
        return flow

    def finish(self, flow: Flow, code: str) -> Known:
        """Trade the code for whom it stands for. Raises Unauthenticated, Unavailable."""
        metadata = self._metadata()
        try:
            token = self._trade(metadata["token_endpoint"], flow, code)
            claims = self._claims(str(token["id_token"]), metadata, flow.nonce)
        except (JoseError, KeyError, ValueError, TypeError) as error:
            log.warning("provider_answer_refused", error=type(error).__name__)
            raise Unauthenticated("provider_refused") from error
        except requests.RequestException as error:
            raise Unavailable from error
        methods = claims.get("amr")
        named = SEVERAL.intersection(methods) if isinstance(methods, list) else frozenset()
        return Known(str(claims.get(self.settings.oidc_claim) or ""), bool(named))

    def _trade(self, address: str, flow: Flow, code: str) -> dict[str, Any]:
        """The token endpoint's answer; one that refuses holds no identity token."""
        settings = self.settings
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": flow.verifier,
        }
        if not settings.oidc_client_secret:
            return _asked("POST", address, data={**asked, "client_id": settings.oidc_client_id})
        ours = (settings.oidc_client_id.encode(), settings.oidc_client_secret.encode())
        return _asked("POST", address, data=asked, auth=ours)

    def _claims(self, token: str, metadata: dict[str, Any], nonce: str) -> dict[str, Any]:
        """The identity token's claims, once all of them are as they must be (OIDC Core 3.1.3.7)."""
        keys = KeySet.import_key_set(cast(Any, _asked("GET", metadata["jwks_uri"])))
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        jwt.JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": self.settings.oidc_client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
        if claims.get("azp", self.settings.oidc_client_id) != self.settings.oidc_client_id:
            raise ValueError("issued to another party")
        return dict(claims)

    def _metadata(self) -> dict[str, Any]:
        """The provider's discovery document. Raises Unavailable, also where it is another's or
        names addresses elsewhere: we ask only the host that the settings name.
        """
        issuer = self.settings.oidc_issuer.rstrip("/")
        try:
            found = _asked("GET", f"{issuer}/.well-known/openid-configuration")
            elsewhere = [name for name in ENDPOINTS if _origin(found[name]) != _origin(issuer)]
        except (requests.RequestException, KeyError, ValueError, TypeError) as error:
            raise Unavailable from error
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            log.warning("provider_names_another_issuer")
            raise Unavailable
        if elsewhere:
            log.warning("provider_names_another_host", endpoints=elsewhere)
            raise Unavailable
        return found

    def _client(self) -> OAuth2Session:
        return OAuth2Session(
            self.settings.oidc_client_id,
            self.settings.oidc_client_secret or None,
            scope=SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )


def _origin(address: str) -> tuple[str, str]:
    """Scheme and host with port."""
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _asked(method: str, address: str, **more: Any) -> dict[str, Any]:
    """The JSON object that the provider answers, whatever its status below 500: no redirect is
    followed, and no answer is read without end.

    Raises requests.RequestException, ValueError.
    """
    plain = {"Accept": "application/json", "Accept-Encoding": "identity"}
    until = time.monotonic() + SECONDS
    with requests.request(
        method, address, headers=plain, timeout=SECONDS, allow_redirects=False, stream=True, **more
    ) as answer:
        if answer.status_code >= 500:
            answer.raise_for_status()
        found = _parsed(_read(answer.raw, until))
    if not isinstance(found, dict):
        raise ValueError("no object")
    return found


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("too deep") from error


def _read(answer: HTTPResponse, until: float) -> bytes:
    """The whole body, when it ends in time; raises requests.RequestException."""
    body = b""
    try:
        while part := answer.read1(LARGEST, decode_content=False):
            body += part
            if len(body) > LARGEST or time.monotonic() > until:
                raise requests.RequestException("the answer does not end")
    except HTTPError as error:
        raise requests.RequestException(type(error).__name__) from error
    return body
