"""Reads: the organisation tree, people, and the branch that has jurisdiction over a point."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from command_center.accounts.models import Organisation, User, UserRole
from kernel.errors import NotFound


def organisation(session: Session, ident: int) -> Organisation:
    """Raises NotFound."""
    found = session.get(Organisation, ident)
    if found is None:
        raise NotFound("organisation", ident)
    return found


def user(session: Session, ident: int) -> User:
    """Raises NotFound."""
    found = session.get(User, ident)
    if found is None:
        raise NotFound("user", ident)
    return found


def organisations(session: Session, path: str = "/") -> Sequence[Organisation]:
    """The subtree at `path`, parents first."""
    return session.scalars(
        select(Organisation).where(Organisation.path.startswith(path)).order_by(Organisation.path)
    ).all()


def root(session: Session) -> Organisation:
    """The bureau itself; raises NotFound before it is set up."""
    found = session.scalar(select(Organisation).where(Organisation.parent_id.is_(None)))
    if found is None:
        raise NotFound("organisation", "root")
    return found


def users(session: Session, path: str, role: str | None = None) -> Sequence[User]:
    """Active people in the subtree at `path`, by name."""
    statement = (
        select(User)
        .join(User.organisation)
        .where(Organisation.path.startswith(path), User.active)
        .order_by(User.name)
    )
    if role:
        statement = statement.where(User.roles.any(UserRole.role == role))
    return session.scalars(statement).unique().all()


def phones(session: Session) -> Sequence[str]:
    """As they were written down: of every organisation and its fax machine, and of every active
    officer.
    """
    is_officer = User.active & User.roles.any(UserRole.role == "OFFICER")
    officers = select(User.phone).where(is_officer)
    ours = select(Organisation.phone).union(select(Organisation.fax), officers)
    return session.scalars(ours).all()


def extensions_of(session: Session, idents: Collection[int]) -> dict[int, str]:
    """Whose phone at the exchange is which."""
    found = select(User.id, User.extension).where(User.id.in_(idents))
    return {row.id: row.extension for row in session.execute(found)}


def holders_above(session: Session, path: str, roles: Sequence[str]) -> list[User]:
    """Active people of these roles whose subtree covers `path`, in the order of the roles."""
    statement = (
        select(User, UserRole.role)
        .join(User.organisation)
        .join(UserRole, UserRole.user_id == User.id)
        .where(literal(path).startswith(Organisation.path), User.active, UserRole.role.in_(roles))
        .order_by(User.id)
    )
    found = sorted(session.execute(statement).unique().all(), key=lambda row: roles.index(row[1]))
    return list(dict.fromkeys(user for user, _ in found))


def branch_at(session: Session, lon: float, lat: float) -> Organisation | None:
    """The branch whose jurisdiction (a polygon, not a code) covers the point; None outside all."""
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    return session.scalar(
        select(Organisation)
        .where(Organisation.kind == "branch", func.ST_Covers(Organisation.jurisdiction, point))
        .order_by(Organisation.id)
        .limit(1)
    )


def branches(session: Session, path: str, *kinds: str) -> Sequence[Organisation]:
    """Branches in the subtree, or organisations of these kinds; never service stations."""
    return session.scalars(
        select(Organisation)
        .where(Organisation.kind.in_(kinds or ("branch",)), Organisation.path.startswith(path))
        .order_by(Organisation.id)
    ).all()
