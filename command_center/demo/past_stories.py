"""What the demo city's past cases were about, by the trade of the business. All made up."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Complaint:
    facts: str
    problem: str
    object: str
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    facts: str
    violation: str


@dataclass(frozen=True, slots=True)
class Trade:
    """A group of trades, known by words in the business's scope or name."""

    words: tuple[str, ...]
    goods: tuple[str, ...]
    complaints: tuple[Complaint, ...]
    reports: tuple[Report, ...]


FOOD = Trade(
    ("餐饮", "食品", "水果", "粮油", "烟草"),
    ("酱牛肉", "鲜牛奶", "面包", "速冻水饺", "橙汁", "五花肉", "鲈鱼", "凉拌菜", "糕点", "大米"),
    (
        Complaint(
            "就餐时在{goods}中发现异物，店方只同意免单，拒绝其他赔偿。",
            "food_safety",
            "catering",
            ("compensate",),
        ),
        Complaint(
            "购买的{goods}拆封后发现已过保质期{days}天，与店方协商退款未果。",
            "food_safety",
            "food",
            ("refund", "compensate"),
        ),
        Complaint(
            "结账时{goods}按每份{amount}元收取，与菜单标价不符，店方拒绝退还差价。",
            "price",
            "catering",
            ("refund",),
        ),
        Complaint(
            "充值{amount}元会员卡后门店更换经营者，余额不予承认。",
            "prepaid_card",
            "catering",
            ("refund",),
        ),
        Complaint(
            "购买的{goods}实际重量比标签少一成，店方称为正常损耗。",
            "measure",
            "food",
            ("make_up", "compensate"),
        ),
    ),
    (
        Report("后厨冰柜内存放多包无生产日期、无厂名厂址的{goods}，用于加工菜品。", "food_safety"),
        Report("店内未公示食品经营许可证，每日{hour}点后在门前占道加工销售{goods}。", "unlicensed"),
        Report("将临期{goods}撕去标签后重新分装销售，操作间在店铺后门左侧。", "food_safety"),
        Report("从业人员加工直接入口的{goods}时不戴口罩手套，砧板生熟不分。", "food_safety"),
        Report("店内电子秤未见检定合格标志，称量{goods}时与标准砝码相差较大。", "measure"),
    ),
)
CARE = Trade(
    ("美容", "理发", "足浴", "健身", "健康", "洗染"),
    ("护肤套餐", "烫染服务", "减脂课程", "按摩套餐", "祛斑项目", "私教课"),
    (
        Complaint(
            "办理{amount}元{goods}后店方不断加价推销，申请退卡被拒。",
            "prepaid_card",
            "beauty",
            ("refund",),
        ),
        Complaint(
            "体验{goods}后皮肤红肿，店方不承认与其产品有关。",
            "personal_rights",
            "beauty",
            ("refund", "compensate"),
        ),
        Complaint(
            "预付{amount}元购买{goods}，门店已闭店，负责人不予退款。",
            "prepaid_card",
            "leisure",
            ("refund",),
        ),
        Complaint(
            "合同约定{goods}{days}次，实际只提供一半即被告知到期。",
            "contract",
            "beauty",
            ("redo", "refund"),
        ),
    ),
    (
        Report(
            "店内张贴“{goods}一次见效、永不复发”的宣传画，另在社交账号发布同样内容。", "advertising"
        ),
        Report("使用无中文标签的进口化妆品为顾客做{goods}，产品放在前台下方柜子。", "cosmetics"),
        Report("营业执照未载明的{goods}由无资质人员操作，地点在二层最里间。", "unlicensed"),
    ),
)
MEDICINE = Trade(
    ("药品", "医疗", "诊疗", "眼镜"),
    ("感冒药", "血压计", "保健食品", "老花镜", "维生素片", "创可贴"),
    (
        Complaint(
            "店员推荐的{goods}被告知可替代处方药，服用后无效，要求退货。",
            "false_claims",
            "medicine",
            ("return", "refund"),
        ),
        Complaint(
            "购买{amount}元的{goods}三天后损坏，店方拒绝更换。",
            "after_sales",
            "medicine",
            ("replace",),
        ),
    ),
    (
        Report("不凭处方销售处方药，柜台把{goods}与处方药混放。", "medicine"),
        Report("向老年顾客免费送鸡蛋后推销{goods}，宣称能治疗高血压。", "advertising"),
        Report("陈列的{goods}包装无批准文号。", "medical_device"),
    ),
)
GOODS = Trade(
    ("零售", "销售", "修理", "维修", "装饰", "装修"),
    (
        "电饭煲",
        "运动鞋",
        "手机充电器",
        "儿童玩具",
        "羽绒服",
        "自行车",
        "节能灯",
        "床垫",
        "书包",
        "轮胎",
    ),
    (
        Complaint(
            "新买的{goods}使用{days}天后不能正常工作，商家拒绝履行三包责任。",
            "after_sales",
            "household",
            ("repair", "replace"),
        ),
        Complaint(
            "宣传{goods}为品牌正品，实物无任何标识，要求退一赔三。",
            "counterfeit",
            "other_goods",
            ("refund", "compensate"),
        ),
        Complaint(
            "下单时承诺{days}天内送达的{goods}逾期未发货，定金{amount}元不退。",
            "contract",
            "other_goods",
            ("refund",),
        ),
        Complaint(
            "维修{goods}前未告知费用，修后收取{amount}元，故障仍未排除。",
            "price",
            "repair",
            ("redo", "refund"),
        ),
        Complaint(
            "购买的{goods}有刺激性气味，商家不能提供检验报告。", "quality", "household", ("return",)
        ),
    ),
    (
        Report(
            "销售的{goods}外包装无厂名厂址和产品合格证，货架在进门左手第二排。", "product_quality"
        ),
        Report("店内{goods}使用与知名品牌近似的商标，价格仅为正品三分之一。", "trademark"),
        Report("促销海报标示{goods}原价{amount}元，从未按该价格销售过。", "price"),
        Report("销售的{goods}应取得强制性产品认证而未取得。", "product_quality"),
        Report("该店未办理营业执照，每天{hour}点后营业。", "unlicensed"),
    ),
)
SERVICES = Trade(
    (),
    ("培训课程", "租房中介服务", "保洁服务", "旅游线路", "装修设计", "停车服务", "搬家服务"),
    (
        Complaint(
            "签订{goods}合同后对方单方加价{amount}元，不加价即停止服务。",
            "contract",
            "other_services",
            ("redo", "refund"),
        ),
        Complaint(
            "缴费{amount}元参加{goods}，课时未完即停课，退费一再拖延。",
            "prepaid_card",
            "education",
            ("refund",),
        ),
        Complaint(
            "{goods}实际内容与宣传严重不符，要求退还费用。",
            "false_claims",
            "other_services",
            ("refund",),
        ),
        Complaint(
            "未经同意将个人信息提供给其他机构，频繁收到{goods}推销电话。",
            "personal_data",
            "other_services",
            ("compensate",),
        ),
    ),
    (
        Report("网站首页宣称{goods}“全国第一、零投诉”，无任何依据。", "advertising"),
        Report("{goods}收费处未明码标价，收费标准因人而异。", "price"),
        Report("超出登记的经营范围从事{goods}，未办理变更登记。", "registration"),
        Report("组织员工在网上为{goods}刷单、编造好评。", "unfair_competition"),
    ),
)
TRADES = (MEDICINE, CARE, FOOD, GOODS)

QUESTIONS = (
    (
        "网购商品七日无理由退货，退货运费由谁承担？",
        "除另有约定外由消费者承担；因质量问题退货由经营者承担。",
    ),
    (
        "预付卡没有约定有效期，商家能否自行规定？",
        "不能。未约定有效期的，经营者不得以此拒绝履行或退款。",
    ),
    ("买到过期食品应当保留哪些证据？", "保留实物、外包装、购物小票或付款记录，尽量拍摄购买过程。"),
    ("办理营业执照需要哪些材料？", "可登录企业登记平台查询，或携带身份证明到登记窗口办理。"),
    ("商场说“打折商品不退不换”有效吗？", "属于不公平格式条款，质量问题仍应依法承担三包责任。"),
    ("电子秤多久检定一次？", "用于贸易结算的电子秤属强制检定计量器具，检定周期一般为一年。"),
    ("餐馆收取消毒餐具费合理吗？", "应事先明示并由消费者选择，不得强制收取。"),
    ("举报有奖励吗？", "符合条件的实名举报经查证属实可申请奖励，按罚没款比例分级计算。"),
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "先生 女士".split()


def trade_of(name: str, scope: str) -> Trade:
    """The group that a business belongs to; services where nothing else fits."""
    about = name + scope
    return next((trade for trade in TRADES if any(w in about for w in trade.words)), SERVICES)


def fill(random: Random, trade: Trade, words: str) -> str:
    return words.format(
        goods=random.choice(trade.goods),
        amount=random.choice((28, 58, 98, 168, 299, 399, 680, 1200, 1980, 3600, 5800)),
        days=random.choice((2, 3, 5, 7, 10, 15, 20, 30)),
        hour=random.choice((18, 19, 20, 21, 22)),
    )
