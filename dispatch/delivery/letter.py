"""A document to be laid out on a page, as plain data. Pure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Letter:
    """A title, rows of (label, value), and what the reader shall do."""

    title: str
    rows: tuple[tuple[str, str], ...]
    footer: str

    def as_text(self) -> str:
        """The same words without a page: what screens show before it goes."""
        lines = [self.title, *(f"{label}：{value}" for label, value in self.rows), self.footer]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {"title": self.title, "rows": [list(row) for row in self.rows],
                "footer": self.footer}  # fmt: skip

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Letter":
        rows = tuple((label, value) for label, value in stored["rows"])
        return cls(stored["title"], rows, stored["footer"])


def as_text(content: str | Letter) -> str:
    """The words of a message, whatever it is laid out on."""
    return content.as_text() if isinstance(content, Letter) else content
