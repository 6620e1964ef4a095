"""How long a fix takes from the receiver's wire to a moving symbol on a dispatcher's map."""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.e2e.system import System, until

VEHICLES, ROUNDS, EVERY_SECONDS = 20, 20, 2.5
STEP_DEGREES = 0.0002
"""About 17 m: 25 km/h, believable, and more than a pixel at the zoom of the desk."""
WATCH = """ids => {
  const held = new Map(), still = new Map()
  window.__starts = []
  setInterval(() => {
    for (const id of ids) {
      const at = window.__cc?.fleet.drawn(id)
      if (!at) continue
      const before = held.get(id)
      held.set(id, at.lon)
      if (before === undefined || before === at.lon) still.set(id, true)
      else if (still.get(id)) {
        still.set(id, false)
        window.__starts.push([id, Date.now() / 1000])
      }
    }
  }, 5)
}"""
"""Notes when each symbol begins to move after it stood."""


def fleet(system: System) -> dict[str, int]:
    """Receiver -> unit, for as many NMEA receivers as the bench drives."""
    rows = system.sql(
        "select t.identity, u.unit_id from gps.terminals t"
        " join dispatch.unit_terminals u on u.terminal_id = t.id"
        " where t.protocol = 'nmea' order by t.id limit %s",
        VEHICLES,
    )
    return dict((identity, unit) for identity, unit in rows)


def centre(page: Page) -> tuple[float, float]:
    at = page.evaluate("window.__cc.map.centre()")
    return at["lon"], at["lat"]


def drive(
    system: System, units: dict[str, int], at: tuple[float, float]
) -> Iterator[tuple[int, float]]:
    """Every receiver speaks every few seconds, evenly spread; gives (unit, when it spoke)."""
    for step in itertools.count():
        for n, (identity, unit) in enumerate(units.items()):
            due = time.monotonic() + EVERY_SECONDS / len(units)
            system.drive_to(
                identity, at[0] + step * STEP_DEGREES, at[1] + (n - VEHICLES / 2) * 0.0005, 25
            )
            yield unit, time.time()
            time.sleep(max(0.0, due - time.monotonic()))


@pytest.mark.timeout(300)
def test_from_the_wire_to_the_map(running_system: System, signed_in: Callable[..., Page]) -> None:
    units = fleet(running_system)
    page = signed_in("dispatcher", "/dispatch")
    page.wait_for_function("() => window.__cc?.map.loaded()", timeout=30_000)
    spoken = drive(running_system, units, centre(page))
    for _ in range(3 * len(units)):
        next(spoken)
    page.evaluate(WATCH, list(units.values()))
    page.wait_for_timeout(2_000)
    sent = [next(spoken) for _ in range(ROUNDS * len(units))]
    seen = until(lambda: page.evaluate("window.__starts"), 10, "a symbol that moves")
    delays = sorted(delays_of(sent, seen))
    print(  # noqa: T201 (a benchmark)
        f"\nwire to moving symbol: {len(delays)} of {len(sent)} fixes,"
        f" p50 {statistics.median(delays) * 1000:.0f} ms,"
        f" p95 {delays[int(len(delays) * 0.95)] * 1000:.0f} ms, goal 1,000 ms",
        end="",
    )
    page.goto("about:blank")
    assert len(delays) > len(sent) * 0.9


def delays_of(sent: list[tuple[int, float]], seen: list[tuple[int, float]]) -> Iterator[float]:
    """Seconds from each fix to the first move of its symbol after it; unseen ones are left out."""
    for unit, spoken in sent:
        first = min((at for ident, at in seen if ident == unit and at >= spoken), default=None)
        if first is not None and first - spoken < EVERY_SECONDS:
            yield first - spoken
