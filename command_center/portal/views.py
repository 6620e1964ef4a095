"""The public pages' API: file a submission, ask how far it is. No account, little said."""

from dataclasses import dataclass, field
from typing import Any

from apiflask import APIBlueprint
from flask import request

from command_center.cases import asking
from command_center.cases.models import Case
from command_center.cases.schemas import PublicStatus
from command_center.intake.schemas import Submission
from command_center.intake.service import Intake, Origin
from command_center.portal.schemas import (
    PublicQuestion,
    PublicSubmission,
    Receipt,
    Receipts,
)
from kernel.access import Role, system
from kernel.gate import gate
from kernel.limiter import Limiter
from kernel.metrics import Counter
from kernel.web import public, unit_of_work

STAFF_SAYS = frozenset({"channel", "hotline", "caller_number", "answer", "answered"})
PUBLIC = system("public", role=Role.INTAKE)
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
            case = asking.by_code(session, intake.office.vault, number, body.query_code)
            limits.forgive_guess(number, _address())
            return asking.status(case)

    return blueprint


def _address() -> str:
    return request.remote_addr or ""


def _as_submission(body: PublicSubmission) -> Submission:
    """Nobody outside sets a channel, a hotline, a caller number, an answer or an urgency."""
    told = body.model_dump(exclude={"website", *STAFF_SAYS})
    return Submission(**told, channel="web")


def _receipt(case: Case, query_code: str) -> Receipt:
    told = {"case_no": case.case_no, "kind": case.kind, "query_code": query_code}
    return Receipt(**gate.clear("public.receipt", told).for_way("api"))
