"""HylaFAX as the second plug: against its own hfaxd and faxq, and a peer that fails on purpose.

There is no modem: jobs stay in the queue, and are taken out of it.
"""

import os
import pwd
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from io import BufferedRWPair
from pathlib import Path
from typing import Any

import pytest

from command_center.engines.process import wait_until
from kernel.settings import Settings
from telephony import fax_page
from telephony.gateways.base import Accepted, OutcomeUnknown, Outgoing, Refused
from telephony.gateways.fax_hylafax import HylaFaxGateway, Job, _outcome
from telephony.lifecycle import Kind
from tests.ports import free_port_base

PACKAGES = ("hylafax-server", "hylafax-client")
FOLDERS = (
    "archive bin client config dev doneq docq etc info log pollq recvq sendq status tmp"
).split()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Debian's build laid out beside the system, which stays as it is."""
    if os.getuid() or not all(map(shutil.which, ("apt-get", "dpkg"))):
        pytest.skip("hfaxd starts as root alone, and comes from Debian")
    folder = tmp_path_factory.mktemp("hylafax")
    got = subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, capture_output=True)
    if got.returncode:
        pytest.skip("Debian's HylaFAX cannot be had here")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package.name, "tree"], cwd=folder, check=True)
    for one in (folder, *folder.parents):  # its server gives up root
        if one != Path("/"):
            one.chmod(one.stat().st_mode | 0o011)
    return folder / "tree"


@pytest.fixture(scope="module")
def port(tree: Path) -> Iterator[int]:
    """A server with a queue of its own."""
    spool, uucp, port = tree / "spool", pwd.getpwnam("uucp"), free_port_base()
    for name in FOLDERS:
        (spool / name).mkdir(parents=True, mode=0o700)
    os.mknod(spool / "dev" / "null", 0o020666, os.makedev(1, 3))
    (spool / "etc" / "hosts.hfaxd").write_text("localhost:::\n127.0.0.1:::\n", "ascii")
    (spool / "etc" / "hosts.hfaxd").chmod(0o600)
    (spool / "etc" / "setup.cache").write_text(f"SPOOL='{spool}'\n", "utf-8")
    (spool / "etc" / "config").write_text("CountryCode: 86\nAreaCode: 10\n", "ascii")
    for one in (spool, *spool.rglob("*")):
        os.chown(one, uucp.pw_uid, uucp.pw_gid)
    env = {"LD_LIBRARY_PATH": str(tree / "usr/lib/hylafax"), "PATH": os.environ["PATH"]}
    argv = (["faxq", "-D"], ["hfaxd", "-d", "-i", str(port), "-l", "127.0.0.1"])
    running = [
        subprocess.Popen([str(tree / "usr/sbin" / name), *more, "-q", str(spool)], env=env,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name, *more in argv
    ]  # fmt: skip
    yield port
    for one in reversed(running):
        one.terminate()
        one.wait(10)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    pdf, tiff = tmp_path / "order.pdf", tmp_path / "order.tif"
    pdf.write_bytes(fax_page.render(fax_page.form("调度指令", [("编号", "DD1")])).pdf)
    fax_page.to_tiff(pdf, tiff)
    return tiff


def gateway_at(port: int, var: Path) -> HylaFaxGateway:
    return HylaFaxGateway(Settings(var_dir=var, hylafax_host=f"127.0.0.1:{port}"))


def test_a_fax_is_queued_once_and_taken_out_again(
    port: int, document: Path, tmp_path: Path
) -> None:
    gateway = gateway_at(port, tmp_path)
    assert wait_until(lambda: gateway.health().ok, 10)
    out = Outgoing(7, 1, "+9991000005001", document=document)
    first = gateway.send(out)
    assert isinstance(first, Accepted)
    assert gateway.send(out) == first, "the same attempt is the same job"
    assert gateway.health().detail["waiting"] == 1
    with gateway._line() as line:
        [(name, job)] = line.jobs().items()
    assert name.endswith(".fax-7-1")
    assert job.number == first.provider_id
    other = HylaFaxGateway(
        Settings(var_dir=tmp_path / "other", hylafax_host=gateway.settings.hylafax_host)
    )
    assert other.send(out) != first, "another installation's jobs are not ours"
    other.hang_up(7, 1)
    assert gateway.outcomes() == {}, "it waits for a modem"
    gateway.hang_up(7, 1)
    assert wait_until(lambda: gateway.health().detail["waiting"] == 0, 10)
    assert wait_until(lambda: bool(gateway.outcomes()), 10), "what was stopped is told as over"
    [(job, outcome)] = gateway.outcomes().items()
    assert (job, outcome.kind, outcome.part) == ("fax-7-1", Kind.DROPPED, 0)


def test_a_server_that_is_down_took_nothing(document: Path, tmp_path: Path) -> None:
    gateway = gateway_at(free_port_base(), tmp_path)
    assert gateway.send(Outgoing(7, 1, "+9991000005001", document=document)) == Refused(
        "engine_unreachable", again=True
    )
    assert gateway.health().ok is False


ANSWERS = {"USER": "230 done", "JNEW": "200 New job created: jobid: 4 groupid: 4."}


class Peer:
    """A simulator of hfaxd: keeps what it is given and dies at the submission.

    `comes_back`: whether it listens afterwards; `keeps`: whether the job is in the queue then.
    """

    def __init__(self, *, comes_back: bool, keeps: bool):
        self.comes_back, self.keeps, self.queue = comes_back, keeps, list[str]()
        self.name = ""
        self.pipe = self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.door.accept()
            except OSError:
                return
            with line, line.makefile("rwb") as talk:
                self.talk(talk)

    def talk(self, talk: "BufferedRWPair[Any]") -> None:
        """Until the submission, or the caller hangs up."""

        def say(words: str) -> None:
            talk.write(f"{words}\r\n".encode())
            talk.flush()

        say("220 simulator of hfaxd")
        while asked := talk.readline().decode().strip():
            verb, _, what = asked.partition(" ")
            if verb == "JSUBM":
                return self.die()
            if verb == "JPARM" and what.startswith("JOBINFO"):
                self.name = what.split('"')[1]
            if verb == "PASV":
                self.pipe = socket.create_server(("127.0.0.1", 0))
                high, low = divmod(self.pipe.getsockname()[1], 256)
                say(f"227 Entering (127,0,0,1,{high},{low})")
            elif verb in ("STOT", "LIST"):
                say("150 FILE: /tmp/doc1.tif")
                self.carry(what)
                say("226 Transfer complete (FILE: /tmp/doc1.tif).")
            else:
                say(ANSWERS.get(verb, "200 done"))

    def carry(self, queue: str) -> None:
        """The second connection: a document comes in, or a queue goes out."""
        with self.pipe, self.pipe.accept()[0] as pipe:
            if queue == "sendq":
                pipe.sendall("".join(self.queue).encode())
            while not queue and pipe.recv(65536):
                pass

    def die(self) -> None:
        if self.keeps:
            self.queue.append(f"4|{self.name}|P| 0:1 |\r\n")
        if not self.comes_back:
            self.door.close()


@pytest.mark.parametrize(
    ("keeps", "answer"),
    [(True, Accepted("4")), (False, Refused("engine_unreachable", again=True))],
)
def test_a_lost_answer_is_looked_up_in_the_queue(
    document: Path, tmp_path: Path, keeps: bool, answer: Accepted | Refused
) -> None:
    peer = Peer(comes_back=True, keeps=keeps)
    gateway = gateway_at(peer.port, tmp_path)
    assert gateway.send(Outgoing(7, 1, "+9991000005001", document=document)) == answer
    peer.door.close()


def test_a_server_that_stays_away_after_the_submission_leaves_it_unknown(
    document: Path, tmp_path: Path
) -> None:
    gateway = gateway_at(Peer(comes_back=False, keeps=True).port, tmp_path)
    with pytest.raises(OutcomeUnknown):
        gateway.send(Outgoing(7, 1, "+9991000005001", document=document))


@pytest.mark.parametrize(
    ("state", "reason", "kind", "part"),
    [
        ("R", "", Kind.PAGE_BEGINS, 2),
        ("D", "", Kind.DELIVERED, 1),
        ("F", "Busy signal detected; too many attempts to dial", Kind.BUSY, 1),
        ("F", "No answer from remote; too many attempts to dial", Kind.NO_ANSWER, 1),
        ("F", "RSPREC error/got DCN", Kind.DROPPED, 1),
    ],
)
def test_what_a_state_of_the_queue_means(state: str, reason: str, kind: Kind, part: int) -> None:
    found = _outcome(Job("4", state, 1, reason))
    assert found is not None
    assert (found.kind, found.part) == (kind, part)


@pytest.mark.parametrize("state", ["?", "T", "P", "S", "B", "W"])
def test_a_job_that_waits_says_nothing(state: str) -> None:
    assert _outcome(Job("4", state, 0, "")) is None
