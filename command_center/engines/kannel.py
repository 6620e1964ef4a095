"""Kannel between us and the SMSC: bearerbox speaks SMPP, or AT to a modem; smsbox HTTP with us.

Kannel keeps reconnects, long-message splitting and receipt matching out of our process.

An inbound message arrives as `POST /hooks/kannel/inbound?id=<uuid>&at=<epoch s>`: the sender in
`X-Kannel-From`, our number in `X-Kannel-To`, the text as the body in the charset of its
Content-Type, and Basic authorisation `kannel:<hook_token>`; a receipt's URL is named per message
and may carry `kannel:<hook_token>@` in the same way. Kannel repeats a callback until it is
answered 2xx. Nothing personal is in a URL, for smsbox writes URLs into its log.
"""

import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import which

from command_center.engines.process import EngineError, Process, bring_up
from command_center.engines.redis import write_private
from kernel.settings import Settings

USER = "command-center"
WARNINGS, PANICS = "2", "4"
"""Log levels. At info both boxes write message texts; at error smsbox writes the hook's token."""
SBIN = "/usr/sbin:/usr/local/sbin"
"""Debian keeps Kannel where an ordinary user's PATH does not look."""

CONFIG = """\
group = core
admin-port = {admin_port}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {box_port}
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
store-type = spool
store-location = {spool}/messages
dlr-storage = spool
dlr-spool = {spool}/receipts
sms-resend-freq = 10
sms-resend-retry = -1

{smsc}
group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms_port}
sendsms-interface = 127.0.0.1
sendsms-chars = "0123456789 +-"
global-sender = {sms_number}
mo-recode = true
http-request-retry = 100000
http-queue-delay = 5

group = sendsms-user
username = {user}
password = {password}
user-deny-ip = "*.*.*.*"
user-allow-ip = "127.0.0.1"
max-messages = 10
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
send-sender = true
post-url = "{inbound}?id=%I&at=%T"
"""

SMPP = """\
group = smsc
smsc = smpp
smsc-id = carrier
host = {smpp_host}
port = {smpp_port}
transceiver-mode = true
smsc-username = "{smpp_user}"
smsc-password = "{smpp_password}"
system-type = ""
interface-version = 34
reconnect-delay = 2
enquire-link-interval = 10
connection-timeout = 30
max-pending-submits = 10
my-number = {sms_number}
"""
MODEM = """\
group = modems
id = generic
name = "Generic Modem"
speed = {modem_speed}
init-string = "AT+CNMI=2,2,0,1,0"

group = smsc
smsc = at
smsc-id = carrier
modemtype = auto
device = {modem}
speed = {modem_speed}
my-number = {sms_number}
"""
"""CNMI (3GPP TS 27.005 3.4.1): texts and status reports come at once, past the SIM card."""


@dataclass(frozen=True)
class Link:
    """What bearerbox says: whether the SMSC is bound and how many messages wait."""

    bound: bool
    queued: int


@dataclass
class Kannel:
    """Both boxes of one installation, on loopback."""

    settings: Settings
    name: str = "kannel"

    def start(self) -> None:
        """Write the configuration and start both boxes. Raises EngineError."""
        if self.ready():
            return
        self.stop()
        folder = self.settings.var_dir / "kannel"
        for spool in ("messages", "receipts"):
            (folder / spool).mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(self._config_file, configuration(self.settings))
        bring_up(self._bearerbox, lambda: self.link() is not None, 15)
        bring_up(self._smsbox, self._sendsms_answers, 15)

    def stop(self, deadline: float = 10.0) -> bool:
        """Stop smsbox first: bearerbox then spools what is under way."""
        return all([box.stop(deadline) for box in (self._smsbox, self._bearerbox)])

    @property
    def pid(self) -> int | None:
        """The pid of bearerbox, when both boxes are alive."""
        return self._bearerbox.pid if self._smsbox.pid is not None else None

    def ready(self) -> bool:
        return self.pid is not None and self.link() is not None

    def link(self) -> Link | None:
        """The state of the way to the SMSC; None when bearerbox does not answer."""
        settings = self.settings
        return link(settings.kannel_admin_port, settings.kannel_password)

    def _sendsms_answers(self) -> bool:
        return answers(f"http://127.0.0.1:{self.settings.kannel_sendsms_port}/")

    @property
    def _config_file(self) -> Path:
        return self.settings.var_dir / "kannel" / "kannel.conf"

    @cached_property
    def _bearerbox(self) -> Process:
        return self._box("bearerbox", WARNINGS)

    @cached_property
    def _smsbox(self) -> Process:
        return self._box("smsbox", PANICS)

    def _box(self, name: str, level: str) -> Process:
        program = which(name) or which(name, path=SBIN)
        if program is None:
            raise EngineError(f"{name} is not installed: install Kannel (Debian: kannel)")
        var = self.settings.var_dir
        return Process(
            name,
            [program, "-v", level, str(self._config_file)],
            var / "run" / f"{name}.pid",
            var / "log" / f"{name}.log",
            cwd=var / "kannel",
        )


def configuration(settings: Settings) -> str:
    """Kannel's configuration file for these settings."""
    return CONFIG.format(
        admin_port=settings.kannel_admin_port,
        box_port=settings.kannel_box_port,
        sendsms_port=settings.kannel_sendsms_port,
        spool=settings.var_dir / "kannel",
        user=USER,
        password=settings.kannel_password,
        smsc=_smsc(settings),
        sms_number=settings.sms_number,
        inbound=f"http://kannel:{settings.hook_token}@127.0.0.1:{settings.http_port}"
        "/hooks/kannel/inbound",
    )


def _smsc(settings: Settings) -> str:
    """The modem where there is one, else the carrier's SMSC or the simulated one."""
    if settings.sms_modem:
        return MODEM.format(
            modem=settings.sms_modem,
            modem_speed=settings.sms_modem_speed,
            sms_number=settings.sms_number,
        )
    return SMPP.format(
        smpp_host=settings.smpp_host or "127.0.0.1",
        smpp_port=settings.smpp_port,
        smpp_user=settings.smpp_user,
        smpp_password=settings.smpp_password[:8],
        sms_number=settings.sms_number,
    )


def link(admin_port: int, password: str) -> Link | None:
    """Ask bearerbox for its SMSC's state; None when it does not answer."""
    url = f"http://127.0.0.1:{admin_port}/status.xml?password={password}"
    try:
        with urllib.request.urlopen(url, timeout=3) as response:
            status = ET.fromstring(response.read())  # noqa: S314 (our own Kannel)
    except (OSError, ET.ParseError):
        return None
    states = [smsc.findtext("status", "") for smsc in status.iter("smsc")]
    waiting = int(status.findtext("sms/storesize") or 0)
    return Link(any(state.startswith("online") for state in states), max(waiting, 0))


def answers(url: str) -> bool:
    """True when an HTTP server is there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=3).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
