"""What is remembered of every terminal as rows of one table, found and changed by the thousand."""

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
_MISSING = -1


class Memory:
    """A row for each terminal, in the order in which they were first entered."""

    def __init__(self, blank: NDArray[np.void]):
        """`blank`, (1,), is what a new row says."""
        self._blank, self._places = blank, dict[int, int]()
        self.rows: NDArray[np.void] = np.repeat(blank, 64)
        """As many as there is room for; read and write them at their places."""

    def enter(self, terminal_ids: Places) -> Places:
        """Where the rows of these stand; those that were missing are blank."""
        found = map(self._places.get, terminal_ids.tolist(), repeat(_MISSING))
        places = np.fromiter(found, np.int64, len(terminal_ids))
        for n in np.flatnonzero(places == _MISSING).tolist():
            places[n] = self._place(int(terminal_ids[n]))
        return places

    def row(self, terminal_id: int) -> np.void:
        """The row of this one, to read and to write until another is entered."""
        place = self._place(terminal_id)
        row: np.void = self.rows[place]
        return row

    def _place(self, terminal_id: int) -> int:
        place = self._places.setdefault(terminal_id, len(self._places))
        if place == len(self.rows):
            self.rows = np.concatenate((self.rows, np.repeat(self._blank, place)))
        return place
