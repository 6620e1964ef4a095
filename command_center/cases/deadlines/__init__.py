"""Deadlines: rules as data, the counting of days and hours, the lights (SPEC §2.5-2.6). Pure."""

from command_center.cases.deadlines.calendar import DAY, Pause, WorkCalendar
from command_center.cases.deadlines.counting import Due, Expiry, due, expiry, promised
from command_center.cases.deadlines.lights import Light, light
from command_center.cases.deadlines.rules import (
    RULES,
    Extension,
    Rule,
    rule_for,
    rule_of_grade,
    rules_of,
)
from command_center.cases.deadlines.telling import Step, words

__all__ = [
    "DAY",
    "RULES",
    "Due",
    "Expiry",
    "Extension",
    "Light",
    "Pause",
    "Rule",
    "Step",
    "WorkCalendar",
    "due",
    "expiry",
    "light",
    "promised",
    "rule_for",
    "rule_of_grade",
    "rules_of",
    "words",
]
