"""How far a case is, for whoever holds its number and its query code: never for a phone alone."""

import hmac

from sqlalchemy.orm import Session

from command_center.cases import numbering, queries
from command_center.cases.models import Case
from command_center.cases.schemas import PublicStatus
from kernel.access import Role
from kernel.crypto import Vault
from kernel.db import in_role
from kernel.errors import NotFound
from kernel.gate import gate


def by_code(session: Session, vault: Vault, number: str, code: str) -> Case:
    """The case of that pair; raises NotFound, after the same time whether it exists or not."""
    with in_role(session, Role.INTAKE):
        case = queries.by_number(session, number)
    stored = (case.query_code_print if case else None) or b""
    given = numbering.query_code_print(vault, number, code)
    if not hmac.compare_digest(stored, given) or case is None:
        raise NotFound("case", number)
    return case


def status(case: Case) -> PublicStatus:
    told = {
        "case_no": case.case_no,
        "kind": case.kind,
        "state": case.state,
        "received_at": case.received_at,
        "due_at": case.due_at,
        "last_change_at": case.changed_at,
    }
    return PublicStatus(**gate.clear("public.status", told).for_way("api"))
