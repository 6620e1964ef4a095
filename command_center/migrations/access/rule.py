"""One right of one role: which rows of a table it may read or write. Pure: gives SQL."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from kernel.access import Role

ALL = "true"


@dataclass(frozen=True, slots=True)
class Rule:
    """`role` may do `verbs` with the rows of `table` for which `rows` is true.

    Without `rows` the table is reference data and open to the role as a whole. `columns` limits
    what may be read or written of each row.
    """

    role: Role
    table: str
    verbs: str
    rows: str | None = ALL
    columns: tuple[str, ...] = ()

    def statements(self) -> Iterator[str]:
        """Grants and policies."""
        for verb in self.verbs.split():
            listed = f" ({', '.join(self.columns)})" if self.columns else ""
            yield f"grant {verb}{listed} on {self.table} to {self.role}"
            if self.rows is not None:
                yield self._policy(verb, self.rows)

    def _policy(self, verb: str, rows: str) -> str:
        clause = {
            "insert": f"with check ({rows})",
            "update": f"using ({rows}) with check ({rows})",
        }.get(verb, f"using ({rows})")
        name = f"{self.role}_{verb}_{_short(rows)}"
        return f'create policy "{name}" on {self.table} for {verb} to {self.role} {clause}'


def _short(rows: str) -> str:
    """Tells two rules for the same role, table and verb apart."""
    return hashlib.sha256(rows.encode()).hexdigest()[:8]


def may(*permissions: str) -> str:
    """SQL: whoever asks holds one of the permissions; asked once per statement, not per row."""
    return "(" + " or ".join(f"(select kernel.may('{one}'))" for one in permissions) + ")"


def within(column: str) -> str:
    """SQL: the organisation path in `column` lies in the subtree of whoever asks.

    As CASE the planner takes it for half the rows; a bare prefix, whose value it does not know
    yet, for one in two hundred, and then lists are sorted that an index has in order.
    """
    return f"case when starts_with({column}, (select kernel.my_path())) then true else false end"


ME = "(select kernel.me())"
