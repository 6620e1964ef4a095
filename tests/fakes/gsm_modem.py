"""SIMULATOR of a GSM modem on a pseudo-terminal: reaches nobody, keeps what it was given.

AT commands of 3GPP TS 27.005 and 27.007 as Kannel uses them; PDUs of 3GPP TS 23.040.
"""

import os
import re
import threading
import tty
from dataclasses import dataclass, field
from itertools import count

UCS2, NUMERIC_PLUS = 0x08, 0x91
WANTS_REPORT, HAS_HEADER, VALIDITY = 0x20, 0x40, 0x18
RECEIVED, REPORTED = 0x04, 0x06
END = "\x1a"
SENT_AT = "62902201000023"
"""2026-09-22 10:00 in the zone +08:00, digits swapped (TS 23.040 section 9.2.3.11)."""
ANSWERS = {
    "AT+CPIN?": "+CPIN: READY",
    "AT+CREG?": "+CREG: 0,1",
    "AT+CSMS=?": "+CSMS: (0,1)",
    "AT+CSMS=1": "+CSMS: 1,1,1",
    "ATI": "SIMULATOR",
}


@dataclass(frozen=True)
class Sent:
    """One SMS-SUBMIT: to whom, in which coding, with which header before its words."""

    to: str
    coding: int
    header: bytes
    text: str


@dataclass
class Modem:
    """`device` is what Kannel opens."""

    sent: list[Sent] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """Commands, in their order."""

    def __post_init__(self) -> None:
        self.side, self.other = os.openpty()
        tty.setraw(self.other)
        self.device = os.ttyname(self.other)
        self.references = count(1)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        os.write(self.other, b"\x04\r")  # wakes our own reader, who leaves then
        self.thread.join()
        os.close(self.side)
        os.close(self.other)

    def receive(self, sender: str, text: str) -> None:
        """A text comes in from the network."""
        words = text.encode("utf-16-be")
        pdu = f"{RECEIVED:02X}{_address(sender)}00{UCS2:02X}{SENT_AT}{len(words):02X}{words.hex()}"
        self._say(f"+CMT: ,{len(pdu) // 2}\r\n00{pdu.upper()}")

    def _serve(self) -> None:
        waiting = ""
        while True:
            waiting += os.read(self.side, 4096).decode("latin-1")
            while (found := re.search(rf"[\r{END}]", waiting)) is not None:
                said, waiting = waiting[: found.start()].strip(), waiting[found.end() :]
                if said == "\x04":
                    return
                if found.group() == END:
                    self._submit(bytes.fromhex(said))
                elif said:
                    self._command(said)

    def _command(self, said: str) -> None:
        self.heard.append(said)
        if said.startswith("AT+CMGS="):
            os.write(self.side, b"\r\n> ")
            return
        if said in ANSWERS:
            self._say(ANSWERS[said])
        self._say("OK" if said.startswith("AT") else "ERROR")

    def _submit(self, pdu: bytes) -> None:
        """TS 23.040 section 9.2.2.2, behind the address of a service centre."""
        pdu = pdu[1 + pdu[0] :]
        kind, digits = pdu[0], pdu[2]
        end = 4 + (digits + 1) // 2
        to, coding = _number(pdu[3], pdu[4:end], digits), pdu[end + 1]
        words = pdu[end + 2 + {0x00: 0, 0x10: 1}.get(kind & VALIDITY, 7) + 1 :]
        split = 1 + words[0] if kind & HAS_HEADER else 0
        self.sent.append(Sent(to, coding, words[:split], words[split:].decode("utf-16-be")))
        reference = next(self.references)
        self._say(f"+CMGS: {reference}")
        self._say("OK")
        if kind & WANTS_REPORT:
            told = f"{REPORTED:02X}{reference:02X}{_address(to)}{SENT_AT}{SENT_AT}00"
            self._say(f"+CDS: {len(told) // 2}\r\n00{told}")

    def _say(self, words: str) -> None:
        os.write(self.side, f"\r\n{words}\r\n".encode())


def _address(number: str) -> str:
    """Section 9.1.2.5: how many digits, an international number, digits swapped in pairs."""
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[n + 1] + padded[n] for n in range(0, len(padded), 2))
    return f"{len(digits):02X}{NUMERIC_PLUS:02X}{swapped}"


def _number(kind: int, packed: bytes, digits: int) -> str:
    swapped = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in packed)
    return ("+" if kind == NUMERIC_PLUS else "") + swapped[:digits]
