"""What a drill says: that it is one, first of all."""

from collections.abc import Callable, Mapping
from typing import Any

from dispatch.delivery.letter import Letter

Said = Mapping[str, Any]
MARK = "演练"


def text(said: Said) -> str:
    return f"{MARK}：通信测试，不是指令，收到无需回复。{said['minute']}"


def speech(said: Said) -> str:
    return f"{MARK}。{MARK}。这是指挥中心的通信测试，不是指令。听到请直接挂机。"


def letter(said: Said) -> Letter:
    rows = (("事由", "传真线路测试"), ("时间", str(said["minute"])))
    return Letter(f"{MARK}：通信测试", rows, "不是指令，收到无需回传。")


def page(said: Said) -> str:
    """The same letter as plain words."""
    return letter(said).as_text()


WORDS: Mapping[str, Callable[[Said], str]] = {"sms": text, "fax": page, "voice": speech}
"""Channel -> what is said over it. No other is drilled."""
