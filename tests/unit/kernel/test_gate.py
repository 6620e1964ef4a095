"""Only what is listed leaves, only over its way, and only as it was cleared."""

from dataclasses import dataclass

import pytest

from kernel.errors import BadInput
from kernel.gate import gate, patterns, purposes
from kernel.gate.gate import Cleared, NeedsConfirmation, NotCleared, Word
from kernel.gate.purposes import TABLE

NOTE = "找投诉人王小明，电话13812345678"


def test_what_a_purpose_does_not_list_stays_inside() -> None:
    cleared = gate.clear("public.status", {"case_no": "TS1", "informant": "诸葛青禾"})
    assert dict(cleared.content) == {"case_no": "TS1"}


def test_what_is_cleared_leaves_by_its_own_way_only() -> None:
    cleared = gate.clear("order.sms", {"order_no": "DD1"})
    assert cleared.for_way("sms") == {"order_no": "DD1"}
    with pytest.raises(NotCleared, match="fax"):
        cleared.written(str).for_way("fax")


def test_nobody_else_makes_or_changes_what_is_cleared() -> None:
    with pytest.raises(NotCleared):
        Cleared("order.sms", "words", (), object())
    cleared = gate.clear("order.sms", {"order_no": "DD1"})
    with pytest.raises(AttributeError):
        cleared.purpose = "order.fax"  # type: ignore[misc]
    with pytest.raises(TypeError):
        cleared.content["note"] = NOTE  # type: ignore[index]


def test_nothing_leaves_for_a_reason_nobody_has_thought_through() -> None:
    with pytest.raises(KeyError):
        gate.clear("gossip", {})


def test_hits_wait_until_each_is_confirmed_for_just_these_words() -> None:
    with pytest.raises(NeedsConfirmation) as refusal:
        gate.clear("order.sms", {"note": NOTE})
    hits = refusal.value.params["hits"]
    said = [Word(h["field"], h["kind"], h["digest"]) for h in hits]  # type: ignore[attr-defined]
    assert [one.kind for one in said] == ["name", "phone"]
    assert "王小明" not in str(refusal.value.params)
    assert gate.clear("order.sms", {"note": NOTE}, confirmed=said).content["note"] == NOTE
    with pytest.raises(NeedsConfirmation):
        gate.clear("order.sms", {"note": NOTE + "！"}, confirmed=said)


def test_what_is_refused_no_confirmation_helps() -> None:
    why = purposes.of("report_order.sms")
    said = [Word(h.field, h.kind, h.digest) for h in gate.found(why, {"note": NOTE})]
    with pytest.raises(BadInput) as refusal:
        gate.clear("report_order.sms", {"note": NOTE}, confirmed=said)
    assert (refusal.value.field, refusal.value.code) == ("note", "personal_data")


def test_a_letter_of_office_may_name_those_it_is_about_but_no_number() -> None:
    assert gate.clear("paper.referral_letter", {"facts": "当事人王某某经营过期食品"})
    with pytest.raises(BadInput):
        gate.clear("paper.referral_letter", {"materials": ["笔录", "电话13812345678"]})


@dataclass(frozen=True)
class Area:
    name: str
    point: str = ""


@dataclass(frozen=True)
class Page:
    title: str
    areas: tuple[Area, ...] = ()


def test_a_record_with_a_field_that_is_not_listed_does_not_leave() -> None:
    assert gate.clear_record("page.heatmap", Page("热力图"))
    with pytest.raises(NotCleared, match=r"areas\.point"):
        gate.clear_record("page.heatmap", Page("热力图", (Area("东城区", "116.4,39.9"),)))


def test_free_text_has_no_way_around_the_scan() -> None:
    for name, purpose in TABLE.items():
        if purpose.free:
            with pytest.raises(NotCleared):
                gate.made_of(name, NOTE, ())


def test_kept_words_are_known_again_and_changed_ones_are_not() -> None:
    stamp = gate.stamp_of("order.sms", "核查")
    assert gate.restored(stamp, "核查", "核查").for_way("sms") == "核查"
    for strange in (None, "", "order.sms:", gate.stamp_of("gossip", "核查")):
        with pytest.raises(NotCleared):
            gate.restored(strange, "核查", "核查")
    with pytest.raises(NotCleared):
        gate.restored(stamp, "别的", "别的")


def test_files_go_along_only_where_a_purpose_takes_them() -> None:
    assert gate.enclosed("order.fax", b"photo").for_way("fax") == b"photo"
    with pytest.raises(NotCleared):
        gate.enclosed("order.sms", b"photo")


@pytest.mark.parametrize("name", TABLE)
def test_a_purpose_is_thought_through(name: str) -> None:
    purpose = TABLE[name]
    assert purpose.free <= purpose.fields
    assert bool(purpose.free) == bool(purpose.on_hit)
    assert set(purpose.on_hit) <= patterns.KINDS
    assert len(name) <= 40


def test_every_purpose_that_carries_typed_words_looks_for_every_kind() -> None:
    assert all(set(one.on_hit) == patterns.KINDS for one in TABLE.values() if one.free)
