"""What a database holds already, told without loading the tools that could change it."""

import hashlib
from pathlib import Path

import psycopg

VERSIONS = Path(__file__).parent / "versions"
ACCESS = Path(__file__).parent / "access"


def is_current(url: str) -> bool:
    """True when every migration has been applied, and the access rules of this version.

    Raises psycopg.Error when nobody answers.
    """
    if _one(url, "select version_num from kernel.alembic_version") != newest():
        return False
    told = _one(url, "select obj_description('kernel'::regnamespace, 'pg_namespace')")
    return told == f"access rules {access_digest()}"


def access_digest() -> str:
    """Changes with every change of the access rules."""
    files = sorted(ACCESS.glob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def newest() -> str:
    """The last migration; each file's name begins with its revision."""
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("*.py"))


def has_data(url: str) -> bool:
    """Whether a bureau has been set up here."""
    return bool(_one(url, "select exists (select from accounts.organisations)"))


def _one(url: str, query: str) -> object:
    """The first value; None while the table is not there."""
    with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=5) as connection:
        try:
            row = connection.execute(query.encode()).fetchone()
        except (
            psycopg.errors.UndefinedTable,
            psycopg.errors.InvalidSchemaName,
            # Of a version from before the processes had a role of their own.
            psycopg.errors.InsufficientPrivilege,
        ):
            return None
    return row[0] if row else None
