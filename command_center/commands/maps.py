"""`command-center maps`: load a business registry, find places."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from command_center.commands.filters import answer
from command_center.engines.database import running_database
from command_center.migrations import schema
from kernel.access import system
from kernel.db import Database
from kernel.settings import load as load_settings

PRINCIPAL = system("command line")
WARM_UP = ("北京路1号老王饭店", "北京路1号", "老王饭店", "91110000000000000A", "朝阳区")


@click.group()
def maps() -> None:
    """Business registry and geocoding."""


@maps.command("geocode")
def geocode() -> None:
    """Read one query per line on stdin, print one JSON object each, in order."""
    from maps.geocoding.resolver import Geocoder

    with running_database(load_settings()) as url:
        schema.upgrade(url)
        database = Database(url, pool_size=1)
        geocoder = Geocoder()
        with database.unit_of_work(PRINCIPAL) as session:
            # The first query of each kind would otherwise pay for what all the others use.
            for query in WARM_UP:
                geocoder.geocode(session, query)
        for query in _queries():
            start = perf_counter()
            with database.unit_of_work(PRINCIPAL) as session:
                found = geocoder.geocode(session, query)
            told = {
                "query": query,
                "candidates": [_shown(candidate) for candidate in found],
                "ms": round((perf_counter() - start) * 1000, 2),
            }
            answer(json.dumps(told, ensure_ascii=False).encode() + b"\n")
        database.close()


def _queries() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode(errors="replace").rstrip("\r\n")


def _shown(candidate: Any) -> dict[str, Any]:
    names = ("name", "address", "lat", "lon", "level", "confidence", "evidence")
    return {name: getattr(candidate, name) for name in names}


@maps.command("import-registry")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Load all rows or none.")
@click.option("--replace", is_flag=True, help="Empty the registry first, the demo's included.")
def import_registry(file: Path, strict: bool, replace: bool) -> None:
    """Load businesses from a CSV file; bad rows go to stderr as `line N: field: reason`.

    Columns, in any order: name, credit_code, address, district, street, number, lon, lat, phone,
    legal_representative, scope, promises, service_standards. name and address are required.
    """
    with running_database(load_settings()) as url:
        schema.upgrade(url)
        database = Database(url, pool_size=1)
        try:
            _import(database, file, strict, replace)
        finally:
            database.close()


class _NothingToLoad(Exception):
    """No good row, or a bad one where all must be good: the load is taken back."""


def _import(database: Database, file: Path, strict: bool, replace: bool) -> None:
    from maps.registry import load, place, rows

    tally = _Tally()
    try:
        with file.open("rb") as stream, database.unit_of_work(PRINCIPAL) as session:
            done = load.load(
                session,
                tally.good_rows(rows.read(stream)),
                source="registry",
                replace=replace,
                progress=lambda count: _say(f"{count} rows read"),
            )
            if not tally.good or (strict and tally.bad):
                raise _NothingToLoad
    except _NothingToLoad:
        _say(f"nothing loaded: {tally.good} good rows, {tally.bad} bad rows")
        sys.exit(1)
    _say(
        f"loaded: {done.new} new, {done.updated} updated,"
        f" {done.repeated} repeated in the file, {tally.bad} bad rows left out"
    )
    with database.unit_of_work(PRINCIPAL) as session:
        placed = place.place_missing(session, progress=lambda count: _say(f"{count} rows placed"))
    if placed:
        _say("placed: " + ", ".join(f"{count} by {level}" for level, count in placed.items()))


class _Tally:
    """Counts rows on their way, and tells of the bad ones."""

    def __init__(self) -> None:
        self.good = self.bad = 0

    def good_rows(self, read: Iterable[Any]) -> Iterator[Any]:
        from maps.registry.rows import BadRow

        for row in read:
            if isinstance(row, BadRow):
                self.bad += 1
                _say(str(row))
            else:
                self.good += 1
                yield row


def _say(text: str) -> None:
    click.echo(text, err=True)
