"""What a unit may carry besides its crew: (code, Chinese, English)."""

EQUIPMENT = (
    ("food_kit", "食品快检箱", "Rapid food test kit"),
    ("sampling_kit", "抽样箱", "Sampling kit"),
    ("cold_box", "样品冷藏箱", "Cold box"),
    ("metrology_kit", "计量检定工具箱", "Metrology kit"),
    ("recorder", "执法记录仪", "Body-worn recorder"),
    ("seals", "封条", "Seals"),
)
CODES = frozenset(code for code, _, _ in EQUIPMENT)
