"""When the faxes of an order should be over."""

from dispatch.delivery import queries
from tests.integration.dispatch.conftest import COMMANDER, EAST, WEST, Desk


def test_a_list_is_reckoned_one_after_the_other_and_a_pause_tells_nothing(desk: Desk) -> None:
    order_id = desk.issue(branch_ids=(EAST.id, WEST.id), channels=("fax",))
    desk.work()
    first, second = (one for one in desk.deliveries(order_id) if one.channel == "fax")
    assert (first.state, second.state) == ("SENT", "QUEUED"), "one after the other"

    def ends(lines: int) -> dict[int, float]:
        found = desk.do(lambda s: queries.expected(s, order_id, {"fax": lines}))
        return {ident: (at - desk.clock.now()).total_seconds() for ident, at in found}

    assert ends(1) == {first.id: 45, second.id: 22.5 + 45}
    assert ends(4) == ends(1), "free lines do not help a list"
    desk.do(lambda s: desk.room.outbound.pause(s, "演练"), COMMANDER)
    assert ends(4) == {}
