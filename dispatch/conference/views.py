"""Conferences over HTTP: parse, call one verb, show."""

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from dispatch.conference import queries
from dispatch.conference.decision import DecisionService, Said
from dispatch.conference.models import Conference
from dispatch.conference.schemas import (
    CallIn,
    ChoicesOut,
    ConferenceOut,
    Conferences,
    Consent,
    Decide,
    Start,
    choices_out,
    conference_out,
)
from dispatch.conference.service import ConferenceService
from kernel.schemas import IDENT
from kernel.web import current_principal, require, unit_of_work

ONE = f"/conferences/<{IDENT}:conference_id>"
OF_CASE = f"/cases/<{IDENT}:case_id>/conferences"


def create_blueprint(conferences: ConferenceService, decisions: DecisionService) -> APIBlueprint:
    blueprint = APIBlueprint("conferences", __name__, url_prefix="/api/v1", tag="Conferences")
    _reading(blueprint, conferences)
    _calling(blueprint, conferences)
    _leaving(blueprint, conferences)
    _deciding(blueprint, decisions)
    return blueprint


def _reading(blueprint: APIBlueprint, conferences: ConferenceService) -> None:
    @blueprint.get(OF_CASE)
    @blueprint.output(Conferences)
    @blueprint.doc(operation_id="listConferences")
    @require("call.make")
    def list_conferences(case_id: int) -> Any:
        with unit_of_work() as session:
            return [conference_out(one) for one in conferences.of_case(session, case_id)]

    @blueprint.get(f"{OF_CASE}/choices")
    @blueprint.output(ChoicesOut)
    @blueprint.doc(operation_id="getConferenceChoices")
    @require("call.make")
    def choices(case_id: int) -> Any:
        with unit_of_work() as session:
            return choices_out(conferences.choices(session, case_id))

    @blueprint.get(ONE)
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="getConference")
    @require("call.make")
    def get_conference(conference_id: int) -> Any:
        with unit_of_work() as session:
            return conference_out(queries.visible(session, current_principal(), conference_id))


def _calling(blueprint: APIBlueprint, conferences: ConferenceService) -> None:
    @blueprint.post(OF_CASE)
    @blueprint.input(Start, arg_name="body")
    @blueprint.output(ConferenceOut, status_code=201)
    @blueprint.doc(operation_id="startConference")
    @require("call.make")
    def start(case_id: int, body: Start) -> Any:
        with unit_of_work() as session:
            return _show(
                session,
                conferences.start(session, case_id, body.leader_id, with_caller=body.with_caller),
            )

    @blueprint.post(f"{ONE}/parties")
    @blueprint.input(CallIn, arg_name="body")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="callIntoConference")
    @require("call.make")
    def call_in(conference_id: int, body: CallIn) -> Any:
        with unit_of_work() as session:
            found = conferences.call_in(
                session, conference_id, body.user_id, takes_over=body.takes_over
            )
            return _show(session, found)

    @blueprint.post(f"{ONE}/caller")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="callCallerIntoConference")
    @require("call.make")
    def call_caller(conference_id: int) -> Any:
        with unit_of_work() as session:
            return _show(session, conferences.call_caller(session, conference_id))

    @blueprint.post(f"{ONE}/consent")
    @blueprint.input(Consent, arg_name="body")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="recordCallerConsent")
    @require("call.make")
    def consent(conference_id: int, body: Consent) -> Any:
        with unit_of_work() as session:
            return _show(session, conferences.consent(session, conference_id, body.reason))


def _leaving(blueprint: APIBlueprint, conferences: ConferenceService) -> None:
    @blueprint.post(f"{ONE}/parties/<{IDENT}:party_id>/drop")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="dropConferenceParty")
    @require("call.make")
    def drop(conference_id: int, party_id: int) -> Any:
        with unit_of_work() as session:
            return _show(session, conferences.drop(session, conference_id, party_id))

    @blueprint.post(f"{ONE}/end")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="endConference")
    @require("call.make")
    def end(conference_id: int) -> Any:
        with unit_of_work() as session:
            return _show(session, conferences.end(session, conference_id))


def _deciding(blueprint: APIBlueprint, decisions: DecisionService) -> None:
    @blueprint.post(f"{ONE}/decision")
    @blueprint.input(Decide, arg_name="body")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="decideInConference")
    @require("order.create", "order.approve", fresh=True)
    def decide(conference_id: int, body: Decide) -> Any:
        said = Said(body.decision, body.words.strip(), body.leader_id, body.order_id)
        with unit_of_work() as session:
            return _show(session, decisions.decide(session, conference_id, said))

    @blueprint.post(f"{ONE}/confirm")
    @blueprint.output(ConferenceOut)
    @blueprint.doc(operation_id="confirmDecision")
    @require("order.approve", fresh=True)
    def confirm(conference_id: int) -> Any:
        with unit_of_work() as session:
            return _show(session, decisions.confirm(session, conference_id))


def _show(session: Session, conference: Conference) -> ConferenceOut:
    session.flush()
    return conference_out(conference)
