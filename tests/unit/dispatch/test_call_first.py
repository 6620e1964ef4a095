"""Whom the desk calls first: jurisdiction, then distance, then duty (SPEC §5)."""

from collections.abc import Sequence

from dispatch.escalation.policy import HOUSE
from dispatch.orders.ports import Branch, Contact, Officer
from dispatch.orders.presenting import recommendation_out

PLACE = (116.43, 39.92)
GUARD = [Officer(1, "值班员", "+99913800000001", certified=False)]


def contact(name: str, path: str, lon: float | None, on_duty: Sequence[Officer] = ()) -> Contact:
    branch = Branch(len(name), name, "branch", path, lat=39.92, lon=lon)
    return Contact(branch, on_duty)


def test_jurisdiction_then_distance_then_duty() -> None:
    found = recommendation_out(
        [],
        [
            contact("远", "/1/5/1/", 116.6),
            contact("近而无人", "/1/5/2/", 116.441),
            contact("近有值班", "/1/5/3/", 116.4415, GUARD),
            contact("没有位置", "/1/5/4/", None, GUARD),
            contact("辖区的分局", "/1/4/", None),
            contact("辖区所", "/1/4/12/", 116.5),
        ],
        PLACE,
        "/1/4/12/",
        HOUSE[1],
    )
    assert [one.name for one in found.branches] == [
        "辖区所", "辖区的分局", "近有值班", "近而无人", "远", "没有位置",
    ]  # fmt: skip
    assert [one.name for one in found.branches[2].on_duty] == ["值班员"]
