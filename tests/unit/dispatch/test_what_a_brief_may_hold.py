"""No identity can leave, because nothing here has a place for one."""

import re

from dispatch.orders.brief import OrderBrief

PEOPLE = re.compile(r"informant|complainant|caller|reporter|person|identity|narrative|id_number")


def test_the_brief_has_no_field_for_a_person_behind_the_case() -> None:
    assert not [name for name in OrderBrief.__dataclass_fields__ if PEOPLE.search(name)]


def test_a_brief_survives_being_stored_and_ignores_what_it_does_not_know() -> None:
    brief = OrderBrief(1, "JB1", "JB", 1, True, "/1/", "老王饭店", lat=39.9, lon=116.4)
    assert OrderBrief.from_json({**brief.as_json(), "informant": "somebody"}) == brief
