"""Cases over HTTP."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response

from command_center.cases import (
    actions,
    attachments,
    clearance,
    clusters,
    codes,
    identity_views,
    lifecycle,
    likeness,
    originals,
    outlook,
    papers,
    present,
    service,
)
from command_center.cases import queries as cases
from command_center.cases.clearance import Decision
from command_center.cases.identity_views import CASE
from command_center.cases.likeness import Facts
from command_center.cases.office import Office
from command_center.cases.places import Place
from command_center.cases.queries import Bbox, Filter
from command_center.cases.schemas import (
    ActionIn,
    CaseDetail,
    CasePage,
    ClearanceIn,
    CodesOut,
    DueOut,
    EscalateIn,
    FactsIn,
    LikeCases,
    ListQuery,
    MapCases,
    MapQuery,
    PlaceIn,
    RevealIn,
    RouteIn,
    SimilarQuery,
    UrgencyIn,
)
from kernel.errors import BadInput
from kernel.gate import gate
from kernel.gate.gate import Cleared
from kernel.schemas import IDENT, READS, REFUSALS
from kernel.web import a_file, handed_out, public, require, require_fresh, unit_of_work

A_FILE = a_file("The file", "*/*")
A_PDF = a_file("PDF", "application/pdf")


def create_blueprint(office: Office) -> APIBlueprint:
    """The room's views; `office` is what the installation gives it."""
    blueprint = APIBlueprint("cases", __name__, url_prefix="/api/v1", tag="Cases")
    _lists(blueprint, office)
    _one_case(blueprint, office)
    identity_views.add(blueprint, office)
    _acts(blueprint, office)
    _files(blueprint, office)
    return blueprint


def _lists(blueprint: APIBlueprint, office: Office) -> None:
    @blueprint.get("/codes")
    @blueprint.output(CodesOut)
    @blueprint.doc(operation_id="listCodes")
    @public
    def list_codes() -> Any:
        return {name: [entry._asdict() for entry in table] for name, table in codes.TABLES.items()}

    @blueprint.get("/cases")
    @blueprint.input(ListQuery, location="query", arg_name="query")
    @blueprint.output(CasePage)
    @blueprint.doc(operation_id="listCases", responses=READS)
    @require("case.read")
    def list_cases(query: ListQuery) -> Any:
        with unit_of_work() as session:
            due = outlook.condition(session, office, query.due) if query.due else None
            wanted = Filter(
                query.view, query.kind, query.state, query.q, query.unplaced, query.limit + 1,
                query.cursor, due,
            )  # fmt: skip
            rows = cases.find(session, wanted)
            more = len(rows) > query.limit
            items = present.summaries(session, rows[: query.limit])
        return CasePage(items=items, next=str(query.cursor + query.limit) if more else None)

    @blueprint.get("/cases/outlook")
    @blueprint.output(DueOut)
    @blueprint.doc(operation_id="getOutlook", responses=READS)
    @require("case.read")
    def get_outlook() -> Any:
        with unit_of_work() as session:
            return outlook.outlook(session, office)

    @blueprint.get("/cases/map")
    @blueprint.input(MapQuery, location="query", arg_name="query")
    @blueprint.output(MapCases)
    @blueprint.doc(operation_id="listCasesOnMap", responses=READS)
    @require("case.read")
    def cases_on_map(query: MapQuery) -> Any:
        with unit_of_work() as session:
            return present.on_map(session, cases.on_map(session, _bbox(query.bbox)))

    @blueprint.get("/cases/similar")
    @blueprint.input(SimilarQuery, location="query", arg_name="query")
    @blueprint.output(LikeCases)
    @blueprint.doc(operation_id="listSimilarCases", responses=READS)
    @require("case.read")
    def similar(query: SimilarQuery) -> Any:
        with unit_of_work() as session:
            return present.alike(session, clusters.like(session, office, _draft(query)))


def _one_case(blueprint: APIBlueprint, office: Office) -> None:
    @blueprint.get(CASE)
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="getCase", responses=READS)
    @require("case.read")
    def get_case(case_id: int) -> Any:
        with unit_of_work() as session:
            return present.detail(session, office, cases.get(session, case_id))

    @blueprint.get(f"{CASE}/cluster")
    @blueprint.output(LikeCases)
    @blueprint.doc(operation_id="getCaseCluster", responses=READS)
    @require("case.read")
    def get_cluster(case_id: int) -> Any:
        with unit_of_work() as session:
            return present.of_cluster(session, cases.get(session, case_id))

    @blueprint.put(f"{CASE}/place")
    @blueprint.input(PlaceIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="putCasePlace", responses=REFUSALS)
    @require("case.create", "case.route", "case.handle")
    def put_place(case_id: int, body: PlaceIn) -> Any:
        place = Place.told(body, confirmed=True)
        with unit_of_work() as session:
            return present.detail(
                session, office, service.set_place(session, office, case_id, place)
            )

    @blueprint.put(f"{CASE}/facts")
    @blueprint.input(FactsIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="putCaseFacts", responses=REFUSALS)
    @require("case.create", "case.route", "case.handle")
    def put_facts(case_id: int, body: FactsIn) -> Any:
        with unit_of_work() as session:
            case = service.set_facts(session, office, case_id, body.dispatch_facts)
            return present.detail(session, office, case)


def _acts(blueprint: APIBlueprint, office: Office) -> None:
    @blueprint.post(f"{CASE}/urgency")
    @blueprint.input(UrgencyIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="setCaseUrgency", responses=REFUSALS)
    @require("case.escalate")
    def set_urgency(case_id: int, body: UrgencyIn) -> Any:
        with unit_of_work() as session:
            case = service.set_urgency(session, office, case_id, body.level, body.reason)
            return present.detail(session, office, case)

    @blueprint.post(f"{CASE}/escalate")
    @blueprint.input(EscalateIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="escalateCase", responses=REFUSALS)
    @require("case.escalate")
    def escalate(case_id: int, body: EscalateIn) -> Any:
        with unit_of_work() as session:
            case = service.escalate(session, office, case_id, body.level, body.reason)
            return present.detail(session, office, case)

    @blueprint.post(f"{CASE}/route")
    @blueprint.input(RouteIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="routeCase", responses=REFUSALS)
    @require("case.route")
    def route(case_id: int, body: RouteIn) -> Any:
        given = {"organisation_id": body.organisation_id, "note": body.note or None}
        with unit_of_work() as session:
            case = actions.act(session, office, case_id, "route", given)
            return present.detail(session, office, case)

    @blueprint.post(f"{CASE}/actions/<action>")
    @blueprint.input(ActionIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="actOnCase", responses=REFUSALS)
    @require("case.read")  # the table of steps says which permission each step asks for
    def act(case_id: int, action: str, body: ActionIn) -> Any:
        if action in lifecycle.DECISIONS:
            require_fresh()
        given = body.model_dump(exclude_none=True, exclude={"version"})
        with unit_of_work() as session:
            case = actions.act(session, office, case_id, action, given, body.version)
            return present.detail(session, office, case)


def _files(blueprint: APIBlueprint, office: Office) -> None:
    @blueprint.get(f"/documents/<{IDENT}:document_id>")
    @blueprint.doc(operation_id="getDocument", responses={200: A_PDF, 404: "Not found"})
    @require("case.read")
    def get_document(document_id: int) -> Response:
        with unit_of_work() as session:
            paper, pdf = papers.pdf(session, document_id)
        cleared = gate.made_of("desk.document", pdf, ("number", "pdf"))
        return _file(cleared, "application/pdf", f"{paper.number}.pdf")

    @blueprint.get(f"/attachments/<{IDENT}:attachment_id>")
    @blueprint.doc(operation_id="getAttachment", responses={200: A_FILE, 404: "Not found"})
    @require("case.read")
    def get_attachment(attachment_id: int) -> Response:
        with unit_of_work() as session:
            kept, data = attachments.read(session, office, attachment_id)
        cleared = gate.made_of("desk.attachment", data, ("name", "media_type", "data"))
        return _file(cleared, kept.media_type, kept.name)

    @blueprint.post(f"/attachments/<{IDENT}:attachment_id>/original")
    @blueprint.input(RevealIn, arg_name="body")
    @blueprint.doc(operation_id="openOriginal", responses={200: A_FILE, **REFUSALS})
    @require("identity.reveal", "complainant.read", fresh=True)
    def open_original(attachment_id: int, body: RevealIn) -> Response:
        with unit_of_work() as session:
            kept, data = originals.opened(
                session,
                office,
                attachment_id,
                identity_views.seat(office),
                body.reason_code,
                body.note,
            )
        cleared = gate.made_of("desk.original", data, ("name", "media_type", "data"))
        return _file(cleared, kept.media_type, kept.name)

    @blueprint.post(f"/attachments/<{IDENT}:attachment_id>/clearance")
    @blueprint.input(ClearanceIn, arg_name="body")
    @blueprint.output(CaseDetail)
    @blueprint.doc(operation_id="clearAttachment", responses=REFUSALS)
    @require(*clearance.MAY)
    def clear_attachment(attachment_id: int, body: ClearanceIn) -> Any:
        said = Decision(**body.model_dump())
        with unit_of_work() as session:
            return present.detail(session, office, clearance.decide(session, attachment_id, said))


def _file(data: Cleared[bytes], media_type: str, name: str) -> Response:
    policy = "sandbox; default-src 'none'"
    return handed_out(data, media_type=media_type, name=name, policy=policy)


def _draft(told: SimilarQuery) -> Facts:
    """What a form says so far; its words and its person stay in it."""
    point = None
    if told.lat is not None and told.lon is not None and told.place_level in likeness.EXACT:
        point = (told.lon, told.lat)
    return Facts(
        business_id=told.business_id,
        credit_code=told.credit_code.upper(),
        name=told.name,
        point=point,
        categories=likeness.categories(told.model_dump()),
        is_draft=True,
    )


def _bbox(text: str) -> Bbox:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadInput("bbox", "bad_bbox") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput("bbox", "bad_bbox")
    return west, south, east, north
