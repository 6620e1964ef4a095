"""The public pages' API: file a submission, ask how far it is. No account, little said."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from apiflask import APIBlueprint
from flask import request

from command_center.cases import numbering, queries
from command_center.cases.models import Case
from command_center.cases.office import Office
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake, Origin
from command_center.portal.limiter import Limiter
from command_center.portal.schemas import (
    PublicQuestion,
    PublicStatus,
    PublicSubmission,
    Receipt,
    Receipts,
)
from kernel.access import system
from kernel.errors import NotFound
from kernel.gate import gate
from kernel.metrics import Counter
from kernel.web import public, unit_of_work

PUBLIC = system("public")
robots_total = Counter("cc_public_robots_total", "Public submissions that filled in the trap")


@dataclass(frozen=True)
class Limits:
    """How often one address may file and ask, and how often one case may be guessed at.

    The strict limit on guesses is one address's, so that nobody shuts out the case's own person;
    the wider one holds for all addresses together.
    """

    filing: Limiter = field(default_factory=lambda: Limiter(20, 600))
    asking: Limiter = field(default_factory=lambda: Limiter(30, 600))
    guessing: Limiter = field(default_factory=lambda: Limiter(10, 3600))
    guessing_together: Limiter = field(default_factory=lambda: Limiter(30, 3600))

    def count_guess(self, number: str, address: str) -> None:
        """Before anybody looks whether it is right; raises TooMany."""
        self.guessing.pass_or_refuse((number, address))
        self.guessing_together.pass_or_refuse(number)

    def forgive_guess(self, number: str, address: str) -> None:
        """It was right: the case's own person may ask as often as they like."""
        self.guessing.take_back((number, address))
        self.guessing_together.take_back(number)

    @classmethod
    def of_the_demo(cls) -> "Limits":
        """The simulator and the tests all come from one address."""
        return cls(Limiter(600, 600), Limiter(600, 600))


def create_blueprint(intake: Intake, limits: Limits | None = None) -> APIBlueprint:
    blueprint = APIBlueprint("portal", __name__, url_prefix="/api/v1/public", tag="Public")
    limits = limits or Limits()

    @blueprint.post("/submissions")
    @blueprint.input(PublicSubmission, arg_name="body")
    @blueprint.output(Receipts, status_code=201)
    @blueprint.doc(
        operation_id="submitPublicly",
        responses={400: "Malformed", 409: "Key used", 422: "Refused", 429: "Too many"},
    )
    @public
    def submit(body: PublicSubmission) -> Any:
        limits.filing.pass_or_refuse(_address())
        if body.website:
            robots_total.inc()
            return Receipts(receipts=[])
        with unit_of_work(PUBLIC) as session:
            opened = intake.register(
                session, _as_submission(body), Origin(public=True, remote_address=_address())
            )
            receipts = [_receipt(one.case, one.query_code) for one in opened]
        return Receipts(receipts=receipts)

    @blueprint.post("/query")
    @blueprint.input(PublicQuestion, arg_name="body")
    @blueprint.output(PublicStatus)
    @blueprint.doc(
        operation_id="queryPublicly",
        responses={400: "Malformed", 404: "No such pair", 422: "Refused", 429: "Too many"},
    )
    @public
    def query(body: PublicQuestion) -> Any:
        limits.asking.pass_or_refuse(_address())
        number = body.case_no.upper()
        limits.count_guess(number, _address())
        with unit_of_work(PUBLIC) as session:
            case = queries.by_number(session, number)
            if not _code_fits(intake.office, case, number, body.query_code) or case is None:
                raise NotFound("case", number)
            limits.forgive_guess(number, _address())
            return _status(case)

    return blueprint


def _address() -> str:
    return request.remote_addr or ""


def _as_submission(body: PublicSubmission) -> Submission:
    """Nobody outside sets a channel, a caller number, an answer or an urgency."""
    told = body.model_dump(exclude={"website", "channel", "caller_number", "answer", "answered"})
    return Submission(**told, channel="web")


def _code_fits(office: Office, case: Case | None, number: str, code: str) -> bool:
    """Whether the pair belongs together; takes the same time for a case that does not exist."""
    stored = (case.query_code_print if case else None) or b""
    given = numbering.query_code_print(office.vault, number, code)
    return hmac.compare_digest(stored, given)


def _receipt(case: Case, query_code: str) -> Receipt:
    told = {"case_no": case.case_no, "kind": case.kind, "query_code": query_code}
    return Receipt(**gate.clear("public.receipt", told).for_way("api"))


def _status(case: Case) -> PublicStatus:
    told = {
        "case_no": case.case_no,
        "kind": case.kind,
        "state": case.state,
        "received_at": case.received_at,
        "due_at": case.due_at,
        "last_change_at": case.changed_at,
    }
    return PublicStatus(**gate.clear("public.status", told).for_way("api"))
