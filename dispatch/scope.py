"""Jurisdiction in SQL: what a principal may see, as a condition."""

from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import InstrumentedAttribute

from kernel.access import Principal


def within(path: InstrumentedAttribute[str], principal: Principal) -> ColumnElement[bool]:
    """Whether the organisation path lies in the principal's subtree (as `Principal.covers`)."""
    own = principal.organisation_path
    return path.startswith(own, autoescape=True) if own else false()
