"""A store that remembers what it was given."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gps_ingest.fixes import Row, Table, table
from gps_ingest.history import Happening, Oddity
from gps_ingest.positions import StoreLimits


@dataclass
class Store:
    """What was given to be stored; answered when it is told to."""

    rows: list[str] = field(default_factory=list)
    oddities: list[tuple[int, str, int | None]] = field(default_factory=list)
    happenings: list[tuple[int, str, str]] = field(default_factory=list)
    dones: list[Callable[[], None]] = field(default_factory=list)
    source: Any = None
    watch: Callable[[Table], None] = lambda fixes: None
    limits: StoreLimits = field(default_factory=StoreLimits)
    together: int = 0
    faults: int = 0
    """Of who watches."""
    unwatched: list[Table] = field(default_factory=lambda: [table(())])

    def add(self, row: Row, done: Callable[[], None] | None = None) -> None:
        self._keep(table([row]), done)

    def add_all(self, fixes: Table, done: Callable[[], None]) -> None:
        self.together += len(fixes)
        self._keep(fixes, done)

    def _keep(self, fixes: Table, done: Callable[[], None] | None) -> None:
        self.rows += [str(fix.item()) for fix in fixes]
        self.unwatched.append(fixes)
        self._then(done)

    def quarantine(self, oddity: Oddity, done: Callable[[], None] | None = None) -> None:
        self.oddities.append((oddity.terminal_id, oddity.reason, oddity.fixed_us))
        self._then(done)

    def happen(self, happening: Happening) -> None:
        self.happenings.append((happening.terminal_id, happening.kind, happening.key))

    def after_all_before(self, done: Callable[[], None]) -> None:
        self._then(done)

    def came(self) -> None:
        return None

    def _then(self, done: Callable[[], None] | None) -> None:
        if done is not None:
            self.dones.append(done)

    def flush(self) -> None:
        if self.source is not None:
            self.source.read()
        fixes, self.unwatched = np.concatenate(self.unwatched), [table(())]
        try:
            self.watch(fixes)
        except Exception:
            self.faults += 1
        dones, self.dones = self.dones, []
        for done in dones:
            done()
