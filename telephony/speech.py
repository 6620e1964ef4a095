"""Words as a telephone says them: espeak-ng speaks, sox makes 8 kHz mono of it."""

import re
import tempfile
from pathlib import Path

from telephony import programs
from telephony.programs import NotMade

VOICE, WORDS_A_MINUTE = "cmn", "170"
SOUND = ("-r", "8000", "-c", "1", "-b", "16")
"""What every telephone line carries."""
LEVEL_DB = "-3"
MARKS = re.compile(r"[【】〔〕“”《》]")
"""Signs for the eye."""
PHRASES = {
    "keys": "接令请按1，不能执行请按0，重听请按星号，转指挥中心请按9。",
    "accepted": "已接令，谢谢，再见。",
    "declined": "已记录不能执行，指挥中心将另行安排，再见。",
    "to_desk": "正在转接指挥中心，请稍候。",
    "no_desk": "指挥中心已收到您的请求，将尽快回电，再见。",
    "recorded": "您好，这里是一二三一五指挥中心，通话将被录音，请稍候。",
    "goodbye": "没有收到按键，指挥中心将另行联系，再见。",
}
"""What every call says alike; a recording of the bureau's own takes the place of each."""


class Unspeakable(Exception):
    """The words cannot be made into sound; the message says why."""


def to_wav(text: str, wav: Path) -> None:
    """Write `wav`, whole or not at all. Raises Unspeakable, TooBusy."""
    with tempfile.TemporaryDirectory(dir=wav.parent) as scratch:
        spoken, made = Path(scratch) / "spoken.wav", Path(scratch) / "made.wav"
        words = MARKS.sub("，", text).encode()
        speak = ["espeak-ng", "-v", VOICE, "-s", WORDS_A_MINUTE, "-w", str(spoken), "--stdin"]
        try:
            programs.run(speak, words)
            programs.run(["sox", "-R", str(spoken), *SOUND, str(made), "gain", "-n", LEVEL_DB])
        except NotMade as error:
            raise Unspeakable(str(error)) from error
        made.replace(wav)
