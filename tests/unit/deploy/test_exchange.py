"""Asterisk in its tree: whole or not at all, and what happens where it cannot be had."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The set-up of an empty clone on a machine without Asterisk."""
    monkeypatch.syspath_prepend(DEPLOY)
    module = import_module("setup")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "as_root", list)
    monkeypatch.setattr(module.exchange.shutil, "which", lambda *_, **__: None)
    monkeypatch.setattr(module.exchange.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(module.exchange, "mirror", lambda: "mirror://debian")
    (tmp_path / "build").mkdir()
    return module


def test_the_tree_is_there_when_it_is_whole(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tree, asked = tmp_path / "build" / "asterisk", list[list[str]]()

    def run(argv: list[str]) -> None:
        asked.append(argv)
        assert not tree.exists()
        program = Path(argv[-2]) / "usr/sbin/asterisk"
        program.parent.mkdir(parents=True)
        program.touch()

    monkeypatch.setattr(setup, "run", run)
    for _ in range(2):
        setup.lay_out_exchange(is_needed=True)
    assert (tree / "usr/sbin/asterisk").exists()
    assert len(asked) == 1, "what is there is not made again"
    assert "--variant=extract" in asked[0]


def test_tests_do_without_it_and_a_start_with_it_does_not(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: list[str]) -> None:
        raise setup.SetupError("no network")

    monkeypatch.setattr(setup, "run", broken)
    setup.lay_out_exchange(is_needed=False)
    assert "its tests are skipped: no network" in capsys.readouterr().err
    with pytest.raises(setup.SetupError):
        setup.lay_out_exchange(is_needed=True)


def test_where_debian_comes_from_is_asked_of_apt(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.syspath_prepend(DEPLOY)
    exchange = import_module("exchange")
    found = exchange.mirror()
    assert found == "" or found.rstrip("/").endswith("/debian")


def test_a_system_with_its_own_is_left_alone(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup.exchange.shutil, "which", lambda *_, **__: "/usr/sbin/asterisk")
    setup.lay_out_exchange(is_needed=True)
