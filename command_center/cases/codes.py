"""The code tables of SPEC §4, as data: what forms offer and services check."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from command_center.cases.deadlines.rules import EMERGENCY_GRADES, GROUNDS, RULES
from dispatch.units.equipment import EQUIPMENT as CARRIED
from dispatch.units.track import REASONS


class Code(NamedTuple):
    code: str
    zh: str
    en: str


class Trigger(NamedTuple):
    code: str
    level: int
    zh: str
    en: str


REJECT_REASONS = (  # Order 121 article 16
    Code("N1", "不属于市场监管部门职责或本部门无处理权限", "Not this bureau's duty or authority"),
    Code(
        "N2",
        "法院、仲裁、市场监管或其他行政机关、消费者协会已受理或处理",
        "Already taken by a court, arbitration, an agency or the consumers' association",
    ),
    Code("N3", "不是为生活消费需要，或不能证明存在消费争议", "Not daily consumption or no dispute"),
    Code("N4", "知道或应当知道权益被侵害之日起超过三年", "More than three years ago"),
    Code("N5", "未提供规定材料或材料不真实", "Materials missing or untrue"),
    Code("N6", "冒用他人名义或拒不配合核实身份", "False name or identity check refused"),
    Code("N7", "法律、法规、规章规定不予受理的其他情形", "Other cases named by law"),
)
TERMINATE_REASONS = (  # Order 121 article 23
    Code("T1", "投诉人撤回投诉或双方自行和解", "Withdrawn or settled between the parties"),
    Code("T2", "无正当理由不参加或明确拒绝调解", "Absent without reason, or mediation refused"),
    Code("T3", "一方表示无法达成一致", "One side sees no agreement"),
    Code("T4", "对检测鉴定费用承担无法协商一致", "No agreement on appraisal cost"),
    Code("T5", "自受理之日起六十日内未能达成调解协议", "No agreement within 60 days"),
    Code("T6", "受理后发现不予受理或涉嫌敲诈等情形", "A ground of article 16 or 42 found later"),
    Code("T7", "当事人死亡或终止，无承受人", "Death or dissolution without successor"),
    Code("T8", "应当终止调解的其他情形", "Other reasons"),
)
RETURN_REASONS = (
    Code("R1", "缺失要素", "Particulars missing"),
    Code("R2", "表述不清", "Unclear wording"),
    Code("R3", "类型有误", "Wrong kind"),
    Code("R4", "地址不详", "Address unclear"),
    Code("R5", "已有知识可答复", "Answered by the knowledge base"),
    Code("R6", "重复受理", "Duplicate"),
    Code("R7", "市民撤诉", "Withdrawn by the person"),
    Code("R8", "不属本职", "Not this unit's duty"),
    Code("R9", "其他", "Other"),
)
TRIGGERS = (  # SPEC §4.3
    Trigger("ONGOING", 1, "违法行为正在进行", "Violation going on now"),
    Trigger("VANISHING", 1, "证据可能灭失", "Evidence about to vanish"),
    Trigger("AMOUNT", 1, "涉及金额较大", "Large amount"),
    Trigger("ATTENTION", 1, "媒体或领导关注", "Attention of media or leaders"),
    Trigger("VULNERABLE", 1, "老年人或未成年人受侵害", "Elderly people or minors harmed"),
    Trigger("MASS", 2, "同一主体 24 小时内三人以上或群体来电", "Three persons in 24 h, or a group"),
    Trigger("INJURY", 2, "人身伤害", "Injury"),
    Trigger("EQUIPMENT", 2, "特种设备事故", "Special-equipment accident"),
    Trigger("POISONING", 2, "疑似食物中毒两人以上", "Suspected food poisoning, two or more"),
    Trigger(
        "THREAT", 2, "扬言自杀、投毒、爆炸或上访", "Threat of suicide, poison, explosion, protest"
    ),
    Trigger("DEATH", 3, "人员死亡", "Death"),
    Trigger("ILL_TEN", 3, "十人以上发病", "Ten or more ill"),
    Trigger("RECALL", 3, "区域性召回", "Regional recall"),
    Trigger("PANIC", 3, "引发社会恐慌", "Public panic"),
)
CHANNELS = (
    Code("phone", "电话", "Phone"),
    Code("fax", "传真", "Fax"),
    Code("letter", "来信", "Letter"),
    Code("sms", "短信", "SMS"),
    Code("web", "互联网", "Web"),
    Code("visit", "来访", "Visit"),
)
DEMANDS = (
    Code("repair", "修理", "Repair"),
    Code("redo", "重作", "Redo"),
    Code("replace", "更换", "Replace"),
    Code("return", "退货", "Return"),
    Code("make_up", "补足数量", "Make up the quantity"),
    Code("refund", "退还货款、费用", "Refund"),
    Code("compensate", "赔偿损失", "Compensation"),
    Code("other", "其他", "Other"),
)
PROBLEMS = (  # SPEC §4.2
    Code("quality", "质量", "Quality"),
    Code("food_safety", "食品安全", "Food safety"),
    Code("after_sales", "售后服务", "After-sales service"),
    Code("contract", "合同", "Contract"),
    Code("price", "价格", "Price"),
    Code("advertising", "广告", "Advertising"),
    Code("unfair_competition", "不正当竞争", "Unfair competition"),
    Code("personal_rights", "人身权利", "Personal rights"),
    Code("measure", "计量", "Weights and measures"),
    Code("safety", "安全", "Safety"),
    Code("trademark", "商标", "Trademark"),
    Code("counterfeit", "假冒", "Counterfeit"),
    Code("false_claims", "虚假宣传", "False claims"),
    Code("prepaid_card", "预付卡", "Prepaid card"),
    Code("online_trade", "网络交易", "Online trade"),
    Code("personal_data", "个人信息", "Personal data"),
    Code("labelling", "包装标识", "Packaging and labels"),
    Code("other", "其他", "Other"),
)
VIOLATIONS = (
    Code("food_safety", "食品安全", "Food safety"),
    Code("product_quality", "产品质量", "Product quality"),
    Code("advertising", "广告", "Advertising"),
    Code("price", "价格", "Price"),
    Code("measure", "计量", "Weights and measures"),
    Code("unfair_competition", "不正当竞争", "Unfair competition"),
    Code("consumer_rights", "侵害消费者权益", "Consumer rights"),
    Code("trademark", "商标", "Trademark"),
    Code("unlicensed", "无照经营", "Trading without licence"),
    Code("special_equipment", "特种设备", "Special equipment"),
    Code("medicine", "药品", "Medicine"),
    Code("medical_device", "医疗器械", "Medical devices"),
    Code("cosmetics", "化妆品", "Cosmetics"),
    Code("registration", "登记管理", "Registration"),
    Code("other", "其他", "Other"),
)
RESULTS = (  # SPEC §3.6
    Code("confirmed", "属实", "Confirmed"),
    Code("partly", "部分属实", "Partly confirmed"),
    Code("unfounded", "不属实", "Not confirmed"),
    Code("unverifiable", "无法核实", "Cannot be verified"),
    Code("sealed", "已查封", "Premises or goods sealed"),
    Code("filed", "已立案", "Filed"),
    Code("mediated", "现场调解成功", "Settled on the spot"),
    Code("transferred", "移交", "Handed over"),
)
OBJECTS = (  # SPEC §4.1: goods, then services
    Code("food", "食品", "Food"),
    Code("tobacco_drinks", "烟酒和饮料", "Tobacco and drinks"),
    Code("clothing", "服装鞋帽", "Clothing and shoes"),
    Code("household", "家居用品", "Household goods"),
    Code("vehicles", "交通工具", "Vehicles"),
    Code("jewellery", "首饰", "Jewellery"),
    Code("telecom_goods", "通讯产品", "Communication products"),
    Code("cosmetics", "化妆品", "Cosmetics"),
    Code("medicine", "药品", "Medicine"),
    Code("building", "装修建材", "Building materials"),
    Code("other_goods", "其他商品", "Other goods"),
    Code("catering", "餐饮和住宿", "Catering and lodging"),
    Code("sales", "销售", "Retail service"),
    Code("parking", "停车", "Parking"),
    Code("education", "教育培训", "Education and training"),
    Code("beauty", "美容美发洗浴", "Beauty and bathing"),
    Code("leisure", "文化娱乐体育", "Culture, leisure, sport"),
    Code("repair", "制作保养和修理", "Making, care, repair"),
    Code("laundry", "洗涤染色", "Laundry and dyeing"),
    Code("telecom", "电信", "Telecom"),
    Code("tourism", "旅游", "Tourism"),
    Code("finance", "金融", "Finance"),
    Code("technical", "专业技术", "Technical services"),
    Code("administrative", "行政事业性", "Administrative services"),
    Code("other_services", "其他服务", "Other services"),
)
REVEAL_REASONS = (
    Code("verify", "核查需要联系举报人", "The check needs the informant"),
    Code("evidence", "补充证据材料", "More evidence is needed"),
    Code("reply", "依法答复或告知", "Reply required by law"),
    Code("reward", "办理举报奖励", "Reward"),
    Code("safety", "保护人身安全", "Safety of a person"),
)
EQUIPMENT = tuple(Code(*piece) for piece in CARRIED)
TRACK_REASONS = tuple(Code(*reason) for reason in REASONS)
TRANSFER_AGENCIES = (
    Code("police", "公安机关", "Police"),
    Code("health", "卫生健康部门", "Health authority"),
    Code("agriculture", "农业农村部门", "Agriculture authority"),
    Code("housing", "住房和城乡建设部门", "Housing authority"),
    Code("tobacco", "烟草专卖部门", "Tobacco monopoly"),
    Code("commerce", "商务部门", "Commerce authority"),
    Code("culture_tourism", "文化和旅游部门", "Culture and tourism authority"),
    Code("customs", "海关", "Customs"),
    Code("tax", "税务部门", "Tax authority"),
    Code("transport", "交通运输部门", "Transport authority"),
    Code("education", "教育部门", "Education authority"),
    Code("other_bureau", "其他市场监管部门", "Another market-supervision bureau"),
)

LIMITS = tuple(Code(rule.id, rule.name.zh, rule.name.en) for rule in RULES.values())
PAUSE_GROUNDS = tuple(Code(code, *words) for code, words in GROUNDS.items())
GRADES = tuple(Code(code, *words) for code, words in EMERGENCY_GRADES.items())

TABLES: dict[str, tuple[Code, ...] | tuple[Trigger, ...]] = {
    "reject_reasons": REJECT_REASONS,
    "terminate_reasons": TERMINATE_REASONS,
    "return_reasons": RETURN_REASONS,
    "urgency_triggers": TRIGGERS,
    "channels": CHANNELS,
    "demands": DEMANDS,
    "problems": PROBLEMS,
    "violations": VIOLATIONS,
    "results": RESULTS,
    "objects": OBJECTS,
    "reveal_reasons": REVEAL_REASONS,
    "track_reasons": TRACK_REASONS,
    "transfer_agencies": TRANSFER_AGENCIES,
    "equipment": EQUIPMENT,
    "pause_grounds": PAUSE_GROUNDS,
    "emergency_grades": GRADES,
    "limits": LIMITS,
}

NEEDED: dict[str, dict[str, tuple[str, ...]]] = {
    "problem_code": {
        "food_safety": ("food_kit", "sampling_kit"),
        "quality": ("sampling_kit",),
        "counterfeit": ("sampling_kit",),
        "measure": ("metrology_kit",),
    },
    "object_code": {"medicine": ("cold_box",)},
    "violation_code": {
        "food_safety": ("food_kit", "sampling_kit"),
        "product_quality": ("sampling_kit",),
        "measure": ("metrology_kit",),
        "medicine": ("sampling_kit", "cold_box"),
        "medical_device": ("sampling_kit",),
        "cosmetics": ("sampling_kit",),
        "unlicensed": ("seals",),
        "special_equipment": ("recorder", "seals"),
    },
}
"""Equipment that a crew needs at the scene, by what the case's particulars say. A hint [R]."""


def known(table: str) -> frozenset[str]:
    """The codes of one table."""
    return frozenset(entry.code for entry in TABLES[table])


def needed(details: Mapping[str, Any]) -> list[str]:
    """The equipment for a case with these particulars, in the order of its table."""
    found = {
        piece for field, of in NEEDED.items() for piece in of.get(details.get(field) or "", ())
    }
    return [piece.code for piece in EQUIPMENT if piece.code in found]


def zh(table: str, code: str) -> str:
    """The Chinese words for a code; an unknown code is shown as it is."""
    return next((entry.zh for entry in TABLES[table] if entry.code == code), code)
