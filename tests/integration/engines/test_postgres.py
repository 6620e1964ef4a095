"""The private cluster: made once, kept, recovered after a crash, and discreet."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from command_center.engines import postgres
from command_center.engines.database import private_postgres, running_database
from command_center.engines.postgres import Postgres
from command_center.engines.process import EngineError, wait_until
from kernel.settings import Settings
from tests.ports import free_port_base


@pytest.fixture(scope="module")
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        var_dir=tmp_path_factory.mktemp("postgres"), port_base=free_port_base(), database_url=""
    )


@pytest.fixture
def cluster(own_settings: Settings) -> Iterator[Postgres]:
    cluster = private_postgres(own_settings)
    yield cluster
    cluster.stop()


def test_the_product_works_in_utf8_and_is_no_superuser(cluster: Postgres) -> None:
    cluster.start()
    with psycopg.connect(cluster.owner_url()) as connection:
        row = connection.execute(
            "select current_setting('server_encoding'), rolsuper, postgis_lib_version() is not null"
            " from pg_roles where rolname = current_user"
        ).fetchone()
    assert row == ("UTF8", False, True)


def test_what_was_committed_survives_a_kill(cluster: Postgres) -> None:
    cluster.start()
    with psycopg.connect(cluster.owner_url(), autocommit=True) as connection:
        connection.execute("create table if not exists kept (word text)")
        connection.execute("insert into kept values ('受理')")
    pid = cluster.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not cluster.ready(), 5)
    cluster.start()
    with psycopg.connect(cluster.owner_url()) as connection:
        assert connection.execute("select word from kept").fetchone() == ("受理",)


def test_a_pid_file_left_by_a_crash_is_not_believed(
    cluster: Postgres, own_settings: Settings
) -> None:
    cluster.start()
    cluster.stop()
    # The pid of a living process that is not PostgreSQL, as after a reboot.
    (own_settings.var_dir / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (own_settings.var_dir / "run" / "postgres.pid").write_text(f"{os.getpid()} 1")
    cluster.start()
    assert cluster.ready()


def test_the_log_never_quotes_a_failing_row(cluster: Postgres) -> None:
    cluster.start()
    with psycopg.connect(cluster.owner_url(), autocommit=True) as connection:
        connection.execute("create table once (name text primary key)")
        connection.execute("insert into once values ('王小明')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into once values ('王小明')")
    assert "王小明" not in cluster.log_file.read_text("utf-8")


def test_a_database_that_was_stopped_is_stopped_again(own_settings: Settings) -> None:
    with running_database(own_settings) as url:
        assert private_postgres(own_settings).ready()
        assert url.startswith("postgresql+psycopg://command_center:")
    assert not private_postgres(own_settings).ready()


def test_a_database_that_was_running_keeps_running(
    cluster: Postgres, own_settings: Settings
) -> None:
    cluster.start()
    with running_database(own_settings):
        pass
    assert cluster.ready()


def test_a_port_taken_by_another_is_named_in_the_error(cluster: Postgres, tmp_path: Path) -> None:
    cluster.start()
    second = Postgres(tmp_path / "postgres", cluster.port, "secret", "app secret", tmp_path / "log")
    with pytest.raises(EngineError, match="Address already in use"):
        second.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_where_namespaces_are_forbidden_it_still_runs_under_a_closed_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = postgres._succeeds
    monkeypatch.setattr(postgres, "_succeeds", lambda argv: argv[0] != "unshare" and usual(argv))
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    cluster = Postgres(
        home / "var" / "postgres", free_port_base() + 1, "secret", "app secret", home / "log"
    )
    cluster.start()
    try:
        assert cluster.ready()
        pid = cluster.pid
        assert pid is not None
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    finally:
        cluster.stop()
