from pathlib import Path

import pytest
from pydantic import ValidationError

from kernel.settings import load

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


@pytest.mark.parametrize("missing", ["secret_key", "identity_key", "hook_token"])
def test_production_refuses_default_secrets(tmp_path: Path, missing: str) -> None:
    secrets = {"secret_key": STRONG, "identity_key": STRONG, "hook_token": STRONG}
    secrets[missing] = "change-me"
    with pytest.raises(ValidationError, match=f"CC_{missing.upper()}"):
        load(var_dir=tmp_path, mode="production", **secrets)


def test_an_unknown_variable_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC_HTTP_PROT", "8080")
    with pytest.warns(UserWarning, match="CC_HTTP_PROT"):
        load(var_dir=tmp_path)
