"""A finished record of an inspection, as a phone sends it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from dispatch.field.inspection import InspectionIn

BEGAN = datetime(2026, 9, 22, 1, 0, tzinfo=UTC)
ENDED = datetime(2026, 9, 22, 1, 40, tzinfo=UTC)
ID_NUMBER = "110101198503070017"


def inspection(**changes: Any) -> InspectionIn:
    """Signed by two officers and the party."""
    plain = {
        "key": uuid4(),
        "device_time": ENDED,
        "started_at": BEGAN,
        "ended_at": ENDED,
        "place": "东区建国路88号后厨",
        "inspectors": [
            {"name": "警员甲", "certificate_no": "京012345"},
            {"name": "警员乙", "certificate_no": "京012346"},
        ],
        "party": "老王饭店",
        "licence": "营业执照、食品经营许可证",
        "id_number": ID_NUMBER,
        "presence": "负责人在场",
        "id_shown": True,
        "rights_told": True,
        "rights_answer": "听清楚了",
        "recusal_answer": "不申请回避",
        "scene": "冷库内有过期羊肉三箱，无进货票据。",
        "opinion": "属实",
        "signatures": [
            {"role": "inspector", "name": "警员甲", "attachment_id": 1},
            {"role": "inspector", "name": "警员乙", "attachment_id": 1},
            {"role": "party", "name": "王某", "attachment_id": 1},
        ],
    }
    return InspectionIn.model_validate({**plain, **changes})


def refused(**changes: Any) -> InspectionIn:
    """The party would not sign; a witness did."""
    told = inspection().model_dump()
    signatures = [one for one in told["signatures"] if one["role"] != "party"]
    witness = {"role": "witness", "name": "李见证", "attachment_id": 1}
    refusal = {"refused": True, "refusal_reason": "不认可检查结果", "witness": "李见证"}
    return inspection(**refusal, **{"signatures": [*signatures, witness], **changes})
