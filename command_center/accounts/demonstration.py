"""The accounts that the demo's sign-in page offers. Production has none of them."""

from dataclasses import dataclass

PASSWORD = "demo-12315"  # noqa: S105 (printed on the sign-in page of the demo)


@dataclass(frozen=True)
class DemoAccount:
    """One account of the demo bureau; `label` is its post in Chinese."""

    account: str
    name: str
    label: str
    roles: frozenset[str]
    extension: str = ""


def _account(account: str, name: str, label: str, *roles: str, extension: str = "") -> DemoAccount:
    return DemoAccount(account, name, label, frozenset(roles), extension)


CENTRE = (
    _account("agent", "陈晓岚", "接线员", "AGENT", "ENTRY", extension="8001"),
    _account("shift", "周建平", "班长", "SHIFT", "AGENT", extension="8002"),
    _account("dispatcher", "李文涛", "调度员", "DISP", extension="8003"),
    _account("commander", "赵卫国", "指挥长", "CMD", extension="8004"),
    _account("deputy", "孙丽华", "副局长", "CMD", "DEPUTY", extension="8005"),
    _account("head", "高志明", "局长", "LEAD", "HEAD", extension="8006"),
    _account("stat", "林静", "业务管理员", "STAT"),
    _account("admin", "何勇", "系统管理员", "ADMIN"),
    _account("archive", "罗敏", "档案员", "ARCH"),
    _account("audit", "郭梅", "保密审计员", "AUDIT"),
)
ELSEWHERE = (
    _account("unit01", "", "承办单位", "UNIT"),
    _account("officer01", "", "执法人员", "OFFICER"),
    _account("officer02", "", "执法人员", "OFFICER"),
)


def offered() -> list[dict[str, str]]:
    """What the sign-in page lists in demo mode."""
    return [
        {"account": a.account, "password": PASSWORD, "name": a.name, "role": a.label}
        for a in (*CENTRE, *ELSEWHERE)
    ]
