"""Photos and recordings that crews bring back: implements dispatch's port `Evidence`."""

from sqlalchemy.orm import Session

from command_center.cases import attachments
from command_center.cases.models import Case
from command_center.cases.office import Office
from kernel.access import Role
from kernel.db import carried_out_by
from kernel.errors import NotFound


class CaseEvidence:
    """The caller has shown that the order is theirs: the case need not be theirs to read."""

    def __init__(self, office: Office):
        self.office = office

    @carried_out_by(Role.HOUSE)
    def add(
        self,
        session: Session,
        *,
        case_id: int,
        order_id: int,
        name: str,
        media_type: str,
        data: bytes,
        user_id: int,
    ) -> int:
        """Keep a file in the case; its type is found by content. Raises BadInput, NotFound."""
        case = session.get(Case, case_id)
        if case is None:
            raise NotFound("case", case_id)
        return attachments.add(session, self.office, case, name, data, order_id).id
