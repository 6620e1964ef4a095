"""What citizens of the demo city complain of, report and ask. Every name and number is made up."""

from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

COMPLAINTS = (
    (
        "购买的{goods}拆封后发现已过保质期，与商家协商退款未果。",
        ["refund", "compensate"],
        "food_safety",
    ),
    ("结账金额与货架标价不符，多收了{amount}元，店员拒绝更正。", ["refund"], "price"),
    ("办理{amount}元预付卡后门店停业，余额无法退还。", ["refund"], "prepaid_card"),
    ("新买的{goods}三天后不能使用，商家拒绝履行三包责任。", ["replace", "repair"], "after_sales"),
    (
        "宣传称{goods}为进口，实物标签显示国产，要求退一赔三。",
        ["refund", "compensate"],
        "false_claims",
    ),
)
REPORTS = (
    ("店内销售的{goods}外包装无生产日期和厂名厂址，货架在进门左手第二排。", "food_safety"),
    ("该店无照经营，每天晚上九点后营业。", "unlicensed"),
    ("柜台使用的电子秤与标准砝码相差一成以上。", "measure"),
    ("店内张贴“包治百病”的保健品广告。", "advertising"),
)
QUESTIONS = (
    "网购商品七日无理由退货，商家要求承担安装费是否合理？",
    "预付卡没有约定有效期，商家能否自行规定？",
    "买到过期食品应当保留哪些证据？",
)
GOODS = ("牛奶", "饼干", "电饭煲", "运动鞋", "护肤霜", "手机充电器", "大米", "儿童玩具")
SURNAMES = "王李张刘陈杨赵黄周吴"


class Teller:
    """Makes submissions for the public page, deterministic by its random source."""

    def __init__(self, random: Random):
        self.random = random

    def story(self, session: Session) -> dict[str, Any]:
        """One submission about a business of the demo registry."""
        business = session.execute(
            text(
                "select id, name, credit_code, address, st_x(geom), st_y(geom) from maps.businesses"
                " where geom is not null and id >= (select min(id) + floor(:at *"
                " (max(id) - min(id))) from maps.businesses) order by id limit 1"
            ),
            {"at": self.random.random()},
        ).one()
        kind = self.random.choices(("TS", "JB", "ZX"), (6, 3, 1))[0]
        common = {
            "idempotency_key": str(UUID(int=self.random.getrandbits(128), version=4)),
            "channel": "web",
            "hotline": "12315",
            "kinds": [kind],
            "subject": {
                "business_id": business[0],
                "name": business[1],
                "credit_code": business[2],
                "address": business[3],
            },
        }
        return common | {"TS": self._complaint, "JB": self._report, "ZX": self._question}[kind]()

    def _complaint(self) -> dict[str, Any]:
        words, demands, problem = self.random.choice(COMPLAINTS)
        facts = self._fill(words)
        return {
            "person": {
                "name": self.random.choice(SURNAMES) + "先生（演示）",
                "phone": f"+9991390000{self.random.randrange(10_000):04d}",
                "address": "演示市演示路1号",
                "anonymous": False,
            },
            "sealed_narrative": facts,
            "dispatch_facts": facts,
            "demands": demands,
            "details": {"problem_code": problem},
        }

    def _report(self) -> dict[str, Any]:
        words, violation = self.random.choice(REPORTS)
        facts = self._fill(words)
        return {
            "person": {"anonymous": True},
            "sealed_narrative": facts,
            "dispatch_facts": facts,
            "details": {"violation_code": violation},
        }

    def _question(self) -> dict[str, Any]:
        return {
            "person": {
                "name": "演示咨询人",
                "phone": f"+9991390000{self.random.randrange(10_000):04d}",
            },
            "question": self.random.choice(QUESTIONS),
        }

    def _fill(self, words: str) -> str:
        return words.format(
            goods=self.random.choice(GOODS), amount=self.random.choice((20, 58, 300, 1200))
        )
