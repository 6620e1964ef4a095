"""Brings a database to the newest schema, and says whether code and schema agree."""

import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from kernel.db import SCHEMAS

PACKAGES = ("kernel", "maps", "gps_ingest", "telephony", "dispatch", "command_center")
TABLES_OUTSIDE_MODELS = ("kernel.audit", "kernel.jobs", "kernel.numbering")
EXTENSIONS = ("postgis", "intarray", "pg_trgm")
PARTITION = re.compile(r"fixes_(\d{8}|default)")
VERSION_SCHEMA = "kernel"
ONE_AT_A_TIME = 12315
"""Key of the advisory lock: two starts at once migrate one after the other."""


def import_models() -> None:
    """Import every room's `models`, so that the metadata knows all tables."""
    for name in TABLES_OUTSIDE_MODELS:
        import_module(name)
    for package in PACKAGES:
        root = import_module(package)
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            if found.name.endswith(".models"):
                import_module(found.name)


def upgrade(url: str, target: str = "head") -> None:
    """Upgrade the database at `url`; all migrations in one transaction, or none."""
    with _configured(url) as config:
        command.upgrade(config, target)


def downgrade(url: str, target: str = "base") -> None:
    """Take migrations back down to `target`."""
    with _configured(url) as config:
        command.downgrade(config, target)


def check(url: str) -> None:
    """Pass when the models describe the database; raises alembic's CommandError otherwise."""
    with _configured(url) as config:
        command.check(config)


def draft(url: str, room: str) -> Path:
    """Write a first version of `room`'s migration from its models; gives the file."""
    import_models()
    number = SCHEMAS.index(room) + 1
    with _configured(url) as config:
        config.attributes["room"] = room
        command.revision(
            config,
            message=room,
            autogenerate=True,
            rev_id=f"{number:04}",
            head=f"{number - 1:04}" if number > 1 else "base",
            splice=True,
        )
    return VERSIONS / f"{number:04}_{room}.py"


VERSIONS = Path(__file__).parent / "versions"


@contextmanager
def _configured(url: str) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            _prepare(connection)
            config.attributes["connection"] = connection
            yield config
            connection.commit()
    finally:
        engine.dispose()


def _prepare(connection: Connection) -> None:
    """Lock, then make what a migration cannot: the schema of alembic's own table."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    for extension in EXTENSIONS:
        connection.execute(text(f"create extension if not exists {extension}"))
    for schema in SCHEMAS:
        connection.execute(text(f"create schema if not exists {schema}"))
