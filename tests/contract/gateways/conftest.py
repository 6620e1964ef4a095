"""Every gateway with its engine, as a rig that can be stopped, frozen and asked what it got."""

import os
import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from urllib.parse import parse_qs

import pytest
from PIL import Image

from command_center.engines.asterisk import WORLD, Asterisk, is_installed
from command_center.engines.kannel import Kannel
from command_center.engines.process import Process, wait_until
from command_center.engines.smsc import Smsc
from kernel.settings import Settings
from telephony import simulated_fax
from telephony.call_reports import Follower
from telephony.gateways.base import Gateway, OutcomeUnknown
from telephony.gateways.fax_asterisk import AsteriskFaxGateway
from telephony.gateways.fax_simulator import FaxSimulatorGateway
from telephony.gateways.memory import MemoryGateway
from telephony.gateways.sms_kannel import KannelGateway
from telephony.gateways.voice_asterisk import AsteriskVoiceGateway
from telephony.lifecycle import Kind
from telephony.models import Message
from tests.contract.gateways import sound
from tests.integration.telephony.conftest import Desk, desk, telephony_database
from tests.integration.telephony.hooks import Door, open_door
from tests.ports import free_port_base

__all__ = ["desk", "telephony_database"]


class Rig(ABC):
    """One implementation of Gateway with the engine behind it."""

    gateway: Gateway
    address: str
    failing: str
    """A number that is not reached."""

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def frozen(self) -> AbstractContextManager[None]:
        """The engine takes what it is given and does not answer until it thaws."""

    @abstractmethod
    def arrived(self, desk: Desk, message: Message) -> int:
        """How often the far end got this message whole and unchanged, by its own log."""

    @abstractmethod
    def settle(self, desk: Desk, message_id: int, *states: str) -> None:
        """Let receipts come in until the message is in one of the states; fails after 20 s."""

    @abstractmethod
    def repeat_receipts(self, desk: Desk) -> None: ...


@dataclass
class MemoryRig(Rig):
    """Its receipts are made here, as the far end would."""

    gateway: MemoryGateway = field(default_factory=MemoryGateway)
    address: str = "+99913800000001"
    failing: str = "+99913800000002"
    told: list[tuple[int, Kind, int, int]] = field(default_factory=list)

    def stop(self) -> None:
        self.gateway.running = False

    def start(self) -> None:
        self.gateway.running = True

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self.gateway.script.append(OutcomeUnknown("timed out"))
        yield

    def arrived(self, desk: Desk, message: Message) -> int:
        ours = [out for out in self.gateway.sent if out.message_id == message.id]
        texts = "".join(out.text for out in sorted(ours, key=lambda out: out.part))
        return int(texts == message.text and bool(ours))

    def settle(self, desk: Desk, message_id: int, *states: str) -> None:
        for out in [out for out in self.gateway.sent if out.message_id == message_id]:
            kind = Kind.FAILED if out.to == self.failing else Kind.DELIVERED
            receipt = (message_id, kind, out.part, out.attempt)
            self.told.append(receipt)
            desk.hear(*receipt)
        assert desk.state(message_id) in states

    def repeat_receipts(self, desk: Desk) -> None:
        assert [desk.hear(*receipt) for receipt in self.told] == [False] * len(self.told)


@contextmanager
def halted(pid: int | None) -> Iterator[None]:
    """The process stands still, and goes on whatever happens meanwhile."""
    assert pid is not None, "it does not run"
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@dataclass
class EngineRig(Rig):
    """An engine in processes of its own, which calls back over HTTP."""

    door: Door

    def settle(self, desk: Desk, message_id: int, *states: str) -> None:
        assert wait_until(lambda: desk.state(message_id) in states, 20), desk.state(message_id)

    def repeat_receipts(self, desk: Desk) -> None:
        assert self.door.calls
        self.door.repeat()


@dataclass
class KannelRig(EngineRig):
    kannel: Kannel
    smsc: Smsc
    address: str = "+99913800000001"
    failing: str = "+99913800000002"

    def __post_init__(self) -> None:
        self.gateway = KannelGateway(self.kannel.settings, answer_seconds=1)
        self.smsc.rule(receipt="UNDELIV", numbers=[self.failing])

    def stop(self) -> None:
        self.kannel.stop()

    def start(self) -> None:
        self.kannel.start()
        assert wait_until(lambda: self.gateway.health().ok, 15)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        with halted(self.kannel.pid):
            yield

    def arrived(self, desk: Desk, message: Message) -> int:
        got = self.smsc.messages(message.address)
        return [event["text"] for event in got].count(message.text)


@dataclass
class FaxRig(EngineRig):
    process: Process
    settings: Settings
    address: str = "+9991000005001"
    failing: str = "+9991000009001"

    def __post_init__(self) -> None:
        self.gateway = FaxSimulatorGateway(self.settings, answer_seconds=1)

    def stop(self) -> None:
        assert self.process.stop()

    def start(self) -> None:
        self.process.start()
        assert wait_until(lambda: self.gateway.health().ok, 20)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        with halted(self.process.pid):
            yield

    def arrived(self, desk: Desk, message: Message) -> int:
        lines = simulated_fax.journal(self.settings.var_dir)
        ours = [line for line in lines if line["message"] == message.id]
        assert message.document is not None
        for line in ours:
            if line["event"] == "delivered":
                sent = desk.outbox.tiff(message.document).read_bytes()
                assert (self.settings.var_dir / line["file"]).read_bytes() == sent
        return [line["event"] for line in ours].count("delivered")


@dataclass
class ExchangeRig(EngineRig):
    """The bureau's exchange, and the simulated world that it dials over SIP."""

    exchange: Asterisk
    world: Asterisk
    follower: Follower

    def stop(self) -> None:
        assert self.exchange.stop()

    def start(self) -> None:
        self.exchange.start()
        assert wait_until(lambda: self.gateway.health().ok, 20)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Between the question whether a line is free and the call: who stops at the question
        has been given nothing, and the message waits.
        """
        with halted(self.exchange.pid), pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.gateway, "busy_lines", lambda: 0)
            yield


@dataclass
class AsteriskFaxRig(ExchangeRig):
    """Real modems on both sides."""

    address: str = "+9991000005001"
    failing: str = "+9991000009001"

    def __post_init__(self) -> None:
        self.gateway = AsteriskFaxGateway(self.exchange.settings, answer_seconds=1)
        self.before = len(self._received())

    def settle(self, desk: Desk, message_id: int, *states: str) -> None:
        """A page takes as long as its tones do."""
        settled = wait_until(lambda: desk.state(message_id) in states, 90)
        assert settled, (desk.state(message_id), desk.message(message_id).receipts)

    def arrived(self, desk: Desk, message: Message) -> int:
        assert message.document is not None
        sent = dots(desk.outbox.tiff(message.document))
        got = self._received()[self.before :]
        files = [self.world.home / "faxes" / one["file"][0] for one in got]
        assert all(dots(file) == sent for file in files)
        return len(files)

    def world_calls(self, number: str, sender: str, document: Path) -> None:
        """A fax machine of the world sends a document, by a call file."""
        outgoing = self.world.home / "spool" / "outgoing"
        outgoing.mkdir(parents=True, exist_ok=True)
        asked = outgoing.with_name("asked.call")
        asked.write_text(
            f"Channel: PJSIP/{number}@trunk\nCallerID: <{sender}>\nContext: machine-sends\n"
            f"Extension: s\nPriority: 1\nSet: DOCUMENT={document}\nSet: STATION={sender}\n",
            "utf-8",
        )
        asked.rename(outgoing / asked.name)

    def _received(self) -> list[dict[str, list[str]]]:
        """Whole faxes, by the journal of the far end."""
        lines = self.world.journal.read_text("utf-8").splitlines()
        return [one for one in map(parse_qs, lines) if one.get("fax") == ["SUCCESS"]]


@dataclass
class VoiceRig(ExchangeRig):
    """People of the simulated world: they listen, then press."""

    address: str = "+9991000007001"
    failing: str = "+9991000007003"

    def __post_init__(self) -> None:
        self.gateway = AsteriskVoiceGateway(self.exchange.settings, answer_seconds=1)
        self.before = set(self._heard())

    def settle(self, desk: Desk, message_id: int, *states: str) -> None:
        """Words take as long as they are spoken."""
        assert wait_until(lambda: desk.state(message_id) in states, 90), desk.state(message_id)

    def arrived(self, desk: Desk, message: Message) -> int:
        spoken = sound.read(desk.outbox.speech(message.text or ""))
        got = self.heard_since()
        assert all(sound.likeness(spoken, sound.read(file)) > 0.9 for file in got)
        return len(got)

    def heard_since(self) -> list[Path]:
        """What people of the world have heard since this rig was built."""
        return sorted(set(self._heard()) - self.before)

    def _heard(self) -> Iterator[Path]:
        return (self.world.home / "heard").glob("+999*.wav")


def dots(file: Path) -> list[tuple[tuple[int, int], bytes]]:
    """Width, height and dots of every page of a fax."""
    with Image.open(file) as image:
        pages = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            pages.append((image.size, image.convert("1").tobytes()))
        return pages


@pytest.fixture(scope="module")
def exchange(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Asterisk, Asterisk]]:
    """Two exchanges on loopback: the bureau's and the world's."""
    if not is_installed():
        pytest.skip("no Asterisk: make run-telephony lays one out")
    if not all(map(which, ("espeak-ng", "sox"))):
        pytest.skip("nothing speaks here: make run-telephony installs espeak-ng and sox")
    settings = Settings(var_dir=tmp_path_factory.mktemp("exchange"), port_base=free_port_base())
    bureau, world = Asterisk(settings), Asterisk(settings, WORLD)
    world.start()
    bureau.start()
    yield bureau, world
    bureau.stop()
    world.stop()


@pytest.fixture(scope="module")
def fax_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Process]]:
    settings = Settings(var_dir=tmp_path_factory.mktemp("fax"), port_base=free_port_base())
    var = settings.var_dir
    process = Process(
        "fax-simulator",
        [sys.executable, "-m", "command_center", "fax-simulator", "--seconds-a-page", "0.1"],
        var / "run" / "fax-simulator.pid",
        var / "log" / "fax-simulator.log",
        env={"CC_VAR_DIR": str(var), "CC_PORT_BASE": str(settings.port_base)},
    )
    yield settings, process
    process.stop()


@pytest.fixture(params=["memory", "sms_kannel", "fax_simulator", "fax_asterisk", "voice_asterisk"])
def rig(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Rig]:
    """The gateway named, its engine running, built into the desk."""
    with _rig(request, desk) as found:
        desk.engines[found.gateway.channel] = found.gateway
        found.start()
        yield found


RIGS = {"fax_asterisk": AsteriskFaxRig, "voice_asterisk": VoiceRig}


@contextmanager
def _rig(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Rig]:
    if request.param == "sms_kannel":
        settings, kannel, smsc = request.getfixturevalue("sms_line")
        with open_door(settings, desk.database) as door:
            yield KannelRig(door, kannel, smsc)
            smsc.rule()
    elif request.param == "fax_simulator":
        settings, process = request.getfixturevalue("fax_engine")
        desk.outbox = type(desk.outbox)(settings.var_dir / "outbox")
        with open_door(settings, desk.database) as door:
            yield FaxRig(door, process, settings)
    elif request.param in RIGS:
        bureau, world = request.getfixturevalue("exchange")
        settings = bureau.settings
        desk.outbox = type(desk.outbox)(settings.var_dir / "outbox")
        follower = Follower(settings, bureau.journal)
        thread = threading.Thread(target=follower.run)
        with open_door(settings, desk.database) as door:
            thread.start()
            yield RIGS[request.param](door, bureau, world, follower)
            follower.stopping.set()
            thread.join()
    else:
        yield MemoryRig()
