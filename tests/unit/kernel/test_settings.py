from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from kernel.settings import OWN_SECRETS, load

STRONG = "x" * 32


def test_ports_count_up_from_the_base_unless_set(tmp_path: Path) -> None:
    settings = load(var_dir=tmp_path, port_base=9000, http_port=8080)
    assert (settings.http_port, settings.pg_port, settings.redis_port) == (8080, 9001, 9002)


def test_demo_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = load(var_dir=tmp_path), load(var_dir=tmp_path)
    assert first.identity_key == second.identity_key
    assert (tmp_path / "secrets" / "identity_key").stat().st_mode & 0o077 == 0


def test_demo_mode_binds_loopback_only(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="loopback"):
        load(var_dir=tmp_path, host="0.0.0.0")  # noqa: S104


def test_limits_of_supervision_are_three_and_a_graver_level_is_not_slower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(var_dir=tmp_path).supervision_sign_hours == (24, 4, 1)
    monkeypatch.setenv("CC_SUPERVISION_SIGN_HOURS", "48, 8,8")
    monkeypatch.setenv("CC_SUPERVISION_REPLY_DAYS", "7,5,1")
    assert load(var_dir=tmp_path).supervision_limits == [
        {"sign_hours": 48, "reply_days": 7},
        {"sign_hours": 8, "reply_days": 5},
        {"sign_hours": 8, "reply_days": 1},
    ]
    for wrong in ("", "24,4", "24,4,1,1", "24,4,0", "4,24,1", "24;4;1", "24,4,a", "1000,4,1"):
        monkeypatch.setenv("CC_SUPERVISION_SIGN_HOURS", wrong)
        with pytest.raises(ValidationError, match="supervision_sign_hours"):
            load(var_dir=tmp_path)


def test_nobody_is_believed_to_be_a_proxy_unless_said(tmp_path: Path) -> None:
    assert load(var_dir=tmp_path).trusted_proxies == 0
    with pytest.raises(ValidationError, match="trusted_proxies"):
        load(var_dir=tmp_path, trusted_proxies=-1)


@pytest.mark.parametrize("missing", OWN_SECRETS)
def test_production_refuses_default_secrets(tmp_path: Path, missing: str) -> None:
    secrets = {name: STRONG for name in OWN_SECRETS}
    secrets[missing] = "change-me"
    with pytest.raises(ValidationError, match=f"CC_{missing.upper()}"):
        load(var_dir=tmp_path, mode="production", **secrets)


def test_production_refuses_a_provider_that_anybody_on_the_way_could_speak_for(
    tmp_path: Path,
) -> None:
    secrets = {name: STRONG for name in OWN_SECRETS}
    with pytest.raises(ValidationError, match="CC_OIDC_ISSUER"):
        load(var_dir=tmp_path, mode="production", oidc_issuer="http://id.example", **secrets)
    load(var_dir=tmp_path, mode="production", oidc_issuer="https://id.example", **secrets)


def test_what_production_asks_for_by_itself(tmp_path: Path) -> None:
    secrets = {name: STRONG for name in OWN_SECRETS}
    bureau = load(var_dir=tmp_path, mode="production", **secrets)
    assert (bureau.demands_second_factor, bureau.shortest_password) == (True, 12)
    assert (bureau.step_up, bureau.idle) == (timedelta(minutes=10), timedelta(minutes=120))
    demo = load(var_dir=tmp_path)
    assert (demo.demands_second_factor, demo.shortest_password) == (False, 8)
    assert demo.step_up == demo.idle == timedelta(hours=demo.session_hours)


def test_production_names_every_missing_secret_before_it_writes_anything(tmp_path: Path) -> None:
    with pytest.raises(ValidationError) as refused:
        load(var_dir=tmp_path, mode="production")
    for name in ("CC_SECRET_KEY", "CC_IDENTITY_KEY", "CC_AUDIT_KEY", "CC_HOOK_TOKEN"):
        assert name in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_shows_no_secret(tmp_path: Path) -> None:
    secrets = {name: STRONG for name in OWN_SECRETS}
    with pytest.raises(ValidationError) as refused:
        load(var_dir=tmp_path, mode="production", port_base=70_000, **secrets)
    made = [path.read_text("ascii") for path in (tmp_path / "secrets").iterdir()]
    shown = str(refused.value)
    assert not any(secret[-8:] in shown for secret in (*made, STRONG))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"port_base": 70_000}, "CC_HTTP_PORT is 70000"),
        ({"port_base": -5}, "CC_HTTP_PORT is -5"),
        ({"http_port": 9001, "port_base": 9000}, "are both 9001"),
        ({"port_base": "abc"}, "CC_PORT_BASE is no number"),
    ],
)
def test_ports_that_cannot_be_are_named(
    tmp_path: Path, given: dict[str, int | str], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        load(var_dir=tmp_path, **given)


def test_an_unknown_variable_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_HTTP_PROT", "8080")
    with pytest.warns(UserWarning, match="CC_HTTP_PROT"):
        load(var_dir=tmp_path)


def test_extensions_are_a_range(tmp_path: Path) -> None:
    found = load(var_dir=tmp_path, extensions="801-803").extension_numbers
    assert found == ("801", "802", "803")
    for wrong in ("", "8001", "8020-8001", "10-20", "8001-9999999", "0801-0803"):
        with pytest.raises(ValidationError, match="CC_EXTENSIONS"):
            load(var_dir=tmp_path, extensions=wrong)
