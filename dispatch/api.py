"""The room's blueprints."""

from apiflask import APIBlueprint

from dispatch.alarms import views as alarms
from dispatch.conference import views as conference
from dispatch.delivery import views as delivery
from dispatch.drill import views as drill
from dispatch.escalation import views as escalation
from dispatch.field import views as field
from dispatch.inbound import views as inbound
from dispatch.orders import views as orders
from dispatch.outbound import views as outbound
from dispatch.passing import views as passing
from dispatch.room import Room
from dispatch.subjects import views as subjects
from dispatch.terminals import unit_views as unit_terminals
from dispatch.terminals import views as terminals
from dispatch.tracking import views as tracking
from dispatch.units import views as units


def blueprints(room: Room) -> list[APIBlueprint]:
    return [
        units.create_blueprint(),
        tracking.create_blueprint(room.zone),
        unit_terminals.create_blueprint(),
        terminals.create_blueprint(room.terminals),
        alarms.create_blueprint(room.alarms),
        orders.create_blueprint(room.orders, room.statuses),
        conference.create_blueprint(room.conferences, room.decisions),
        escalation.create_blueprint(room.saga, room.orders.directory),
        delivery.create_blueprint(room.deliveries),
        outbound.create_blueprint(room.outbound),
        drill.create_blueprint(room.drills),
        inbound.create_blueprint(room.inbound),
        field.create_blueprint(room.field),
        subjects.create_blueprint(room.subjects),
        passing.create_blueprint(room.passing, room.field),
    ]
