"""`command-center deadline`: when a limit ends, counted without database and server.

The calendar is the one that was published when this version was made.
"""

import json
import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from command_center.cases import holidays
from command_center.cases.deadlines import RULES, Pause, Rule, due, expiry, words

ZONE = ZoneInfo("Asia/Shanghai")
"""Where every bureau is; a moment without an offset is told in it."""
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Span(click.ParamType[Pause]):
    """`YYYY-MM-DD..YYYY-MM-DD`, both days included."""

    name = "YYYY-MM-DD..YYYY-MM-DD"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Pause:
        first, dots, last = value.partition("..")
        if not dots:
            self.fail(f"{value!r} is no span of two dates, A..B", param, ctx)
        pause = Pause(_day(first), _day(last))
        if pause.last < pause.first:
            self.fail(f"{value!r} ends before it begins", param, ctx)
        return pause


@click.command()
@click.option("--rule", "rule_id", metavar="ID", help="Which limit, as --list names it.")
@click.option("--from", "start", metavar="YYYY-MM-DD", help="What starts it; not counted itself."
              " A rule in hours takes YYYY-MM-DDTHH:MM too.")  # fmt: skip
@click.option("--pause", "pauses", type=Span(), multiple=True, help="Days not counted. Repeatable.")
@click.option("--extend", count=True, help="With what the rule allows; again for the next one.")
@click.option("--no-roll-weekends", "roll_weekends", flag_value=False, default=True,
              help="An end on an ordinary weekend stays.")  # fmt: skip
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--list", "listed", is_flag=True, help="Every rule, and nothing else.")
def deadline(
    rule_id: str | None,
    start: str | None,
    pauses: tuple[Pause, ...],
    extend: int,
    roll_weekends: bool,
    lang: str,
    listed: bool,
) -> None:
    """When a legal limit ends, and why.

    `due` is the last day to act (of a rule in hours: the last moment), `due_strict` the end before
    it rolls off a holiday or a weekend.
    """
    if listed:
        return _print([_described(rule, lang) for rule in RULES.values()])
    if rule_id is None or start is None:
        raise click.UsageError("--rule and --from are needed, or --list")
    if rule_id not in RULES:
        raise click.BadParameter(
            f"there is no rule {rule_id!r}; --list has them", param_hint="--rule"
        )
    rule = RULES[rule_id]
    extended = _extended(rule, extend)
    try:
        if rule.in_days:
            days = due(rule, _day(start), holidays.published(), roll_weekends, pauses, extended)
            begun, ends, strict = days.started_on, days.on, days.strict
            provisional, steps = days.provisional, days.steps
        else:
            hours = expiry(rule, _moment(start), pauses)
            begun, ends, strict = hours.started_at, hours.at, hours.at
            provisional, steps = False, hours.steps
    except OverflowError:
        raise click.UsageError("the dates lie outside the years 1 to 9999") from None
    _print(
        {
            "rule": rule.id,
            "from": begun.isoformat(),
            "due": ends.isoformat(),
            "due_strict": strict.isoformat(),
            "basis": getattr(rule.basis, lang),
            "provisional": provisional,
            "steps": [getattr(words(step), lang) for step in steps],
        }
    )


def _extended(rule: Rule, times: int) -> int:
    """What so many extensions add, in the rule's unit."""
    if times > (allowed := len(rule.extensions)):
        raise click.UsageError(f"{rule.id} may be extended {allowed} times, not {times}")
    amounts = [extension.amount for extension in rule.extensions[:times]]
    if None in amounts:
        raise click.UsageError(f"{rule.id}: whoever extends it sets the term, no rule does")
    return sum(filter(None, amounts))


def _day(text: str) -> date:
    """Raises BadParameter for anything but YYYY-MM-DD."""
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise click.BadParameter(f"{text!r} is no date YYYY-MM-DD")


def _moment(text: str) -> datetime:
    """A date is its first moment; one without an offset is the bureau's."""
    try:
        moment = datetime.fromisoformat(text) if DATE.match(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise click.BadParameter(f"{text!r} is neither YYYY-MM-DD nor YYYY-MM-DDTHH:MM")
    return moment.replace(tzinfo=moment.tzinfo or ZONE).astimezone(ZONE)


def _described(rule: Rule, lang: str) -> dict[str, Any]:
    law = rule.law
    return {
        "rule": rule.id,
        "name": getattr(rule.name, lang),
        "amount": rule.amount,
        "unit": rule.unit,
        "basis": getattr(rule.basis, lang),
        "since": law.since and law.since.isoformat(),
        "until": law.until and law.until.isoformat(),
        "fixed_by_law": law.fixed,
        "active": law.active,
        "pauses": list(rule.pauses),
        "extensions": [{"amount": one.amount, "by": one.by} for one in rule.extensions],
    }


def _print(answer: object) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
