"""What a bureau asks of passwords, and of whom it asks a second factor."""

import pytest

from command_center.accounts import policy
from command_center.accounts.roles import ROLES, permissions
from kernel.errors import BadInput


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab3$xyz", "password_too_short"),
        ("password12345", "password_too_common"),
        ("woaini1314520", "password_too_common"),
        ("123123123123", "password_too_common"),
        ("12315shichangjianguan", "password_too_common"),
        ("三盏灯下的王敏还在值夜班到天明", "password_tells_who"),
        ("quartz wangmin harbour", "password_tells_who"),
        ("quartz WANGMIN harbour", "password_tells_who"),
        ("13800001111 lantern", "password_tells_who"),
    ],
)
def test_what_is_refused(password: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        policy.check_password(password, shortest=12, about=("wangmin", "王敏", "13800001111"))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "password", ["quartz lantern harbour 9", "三盏灯亮着的夜班到天明吧", "x" * 4 + "Tq7!vRz2#Lm9"]
)
def test_what_passes(password: str) -> None:
    policy.check_password(password, shortest=12, about=("wangmin", "王敏", ""))


@pytest.mark.parametrize("length", [200, 73])
def test_a_long_password_is_judged_quickly(length: int) -> None:
    words = "quartz lantern harbour nine copper willow anchor velvet "
    policy.check_password((words * 4)[:length], shortest=12, about=())


def test_whoever_reveals_decides_administers_or_watches_proves_a_second_factor() -> None:
    asked = {role for role in ROLES if policy.needs_second_factor(frozenset({role}))}
    assert asked == {"CMD", "DEPUTY", "LEAD", "HEAD", "ADMIN", "AUDIT", "UNIT"}
    for role in ROLES:
        if "identity.reveal" in permissions(frozenset({role})):
            assert role in asked


@pytest.mark.parametrize(
    ("roles", "code"),
    [
        (set(), "unknown_role"),
        ({"KING"}, "unknown_role"),
        ({"ADMIN", "CMD"}, "role_stands_alone"),
        ({"ADMIN", "AUDIT"}, "role_stands_alone"),
    ],
)
def test_roles_that_nobody_holds_together(roles: set[str], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        policy.check_roles(frozenset(roles))
    assert refused.value.code == code


def test_an_administrator_may_read_no_case_and_no_identity() -> None:
    held = permissions(frozenset({"ADMIN"}))
    assert not [one for one in held if not one.startswith("admin.")]
