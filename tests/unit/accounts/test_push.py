"""Who we are to a push service, and which services we speak to."""

from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey
from pydantic import ValidationError

from command_center.accounts.push import vapid
from command_center.accounts.push.endpoints import is_allowed
from kernel.settings import Settings, load

SECRET, PUBLIC = (  # of RFC 8292 there is no vector; this is the user agent's pair of RFC 8291 5
    "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
)
HOSTS = "fcm.googleapis.com, updates.push.services.mozilla.com,.notify.windows.com"
CONTACT = "mailto:duty@bureau.example"
MOMENT = datetime(2026, 9, 22, 10, tzinfo=UTC)


def public(key: str) -> ECKey:
    point = urlsafe_b64decode(key + "=" * (-len(key) % 4))
    assert (point[0], len(point)) == (4, 65)
    x, y = (vapid._text(part) for part in (point[1:33], point[33:]))
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})


def test_the_public_key_belongs_to_the_private_number() -> None:
    assert vapid.public_key(SECRET) == PUBLIC


def test_the_header_is_signed_for_this_service_and_the_key_beside_it_proves_it() -> None:
    endpoint = "https://fcm.googleapis.com/fcm/send/abc:def"
    header = vapid.authorization(SECRET, CONTACT, endpoint, MOMENT)
    scheme, _, rest = header.partition(" ")
    told = dict(part.strip().split("=", 1) for part in rest.split(","))
    token = jwt.decode(told["t"], public(told["k"]), algorithms=["ES256"])
    assert (scheme, told["k"]) == ("vapid", PUBLIC)
    assert token.header == {"typ": "JWT", "alg": "ES256"}
    assert token.claims == {
        "aud": "https://fcm.googleapis.com",
        "exp": int(MOMENT.timestamp()) + 12 * 3600,
        "sub": CONTACT,
    }
    with pytest.raises(BadSignatureError):
        jwt.decode(told["t"], ECKey.generate_key("P-256"), algorithms=["ES256"])


@pytest.fixture
def bureau(tmp_path: Path) -> Settings:
    strong = dict.fromkeys(("secret_key", "identity_key", "audit_key", "hook_token"), "x" * 32)
    return load(
        var_dir=tmp_path, mode="production", push_hosts=HOSTS, push_contact=CONTACT, **strong
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x",
        "https://FCM.googleapis.com:443/fcm/send/x",
        "https://wns2-par02p.notify.windows.com/w/?token=x",
    ],
)
def test_the_services_that_the_settings_name_are_spoken_to(bureau: Settings, endpoint: str) -> None:
    assert is_allowed(bureau, endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com.attacker.example/x",
        "https://attacker.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@attacker.example/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:6379/x",
        "https://fcm.googleapis.com:x/",
        "https://notify.windows.com/x",
        "https://evilnotify.windows.com/x",
        "https://127.0.0.1/x",
        "http://127.0.0.1:8300/api/v1/orders",
        "http://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254/x",
        "file:///etc/passwd",
        "//fcm.googleapis.com/x",
        "",
    ],
)
def test_nobody_else_is(bureau: Settings, endpoint: str) -> None:
    assert not is_allowed(bureau, endpoint)


def test_a_simulator_on_loopback_is_for_the_demo_alone_and_only_where_it_is_named(
    tmp_path: Path, bureau: Settings
) -> None:
    there, given = "http://127.0.0.1:9/x", {"var_dir": tmp_path, "push_contact": CONTACT}
    assert is_allowed(load(**given, push_hosts="127.0.0.1"), there)
    assert not is_allowed(load(**given, push_hosts="localhost"), there)
    assert not is_allowed(load(**given, push_hosts="fcm.googleapis.com"), there)
    assert not is_allowed(load(**given), there)
    assert not is_allowed(bureau.model_copy(update={"push_hosts": "127.0.0.1"}), there)


def test_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = load(var_dir=tmp_path), load(var_dir=tmp_path)
    assert vapid.public_key(first.push_key) == vapid.public_key(second.push_key)
    assert (tmp_path / "secrets" / "push_key").stat().st_mode & 0o077 == 0
    assert vapid.public_key(load(var_dir=tmp_path, push_key=SECRET).push_key) == PUBLIC


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"push_hosts": HOSTS}, "CC_PUSH_CONTACT"),
        ({"push_hosts": HOSTS, "push_contact": "duty@bureau.example"}, "CC_PUSH_CONTACT"),
        ({"push_key": "too short"}, "CC_PUSH_KEY"),
    ],
)
def test_what_push_services_would_refuse_is_said_at_the_start(
    tmp_path: Path, given: dict[str, str], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        load(var_dir=tmp_path, **given)
