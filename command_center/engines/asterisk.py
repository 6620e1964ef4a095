"""Asterisk: the bureau's own telephone exchange, and in the demo a second one that is the world.

The bureau's exchange dials over one SIP trunk and is asked over ARI (HTTP on loopback). How a fax
ended it writes into a journal of its own, a line a call, which `command-center fax-reports` reads:
what it says is not lost while nobody listens.

The world is a simulator with real signalling, modems and tones: it answers demo numbers alone, and
the last four digits of a number decide how (OUTSIDE). It reaches nobody.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import which

from command_center.engines.process import EngineError, Process, bring_up
from command_center.engines.redis import write_private
from kernel.settings import Settings
from telephony.gateways.fax_asterisk import USER, AsteriskFaxGateway

TREE = Path(__file__).parents[2] / "build" / "asterisk"
"""Where the set-up lays Debian's build out: it touches no package of the system."""
SBIN = "/usr/sbin:/usr/local/sbin"
BUREAU, WORLD = "bureau", "world"
MEDIA_PORTS = 100
"""UDP ports of one exchange for speech, and as many for fax (T.38)."""

NOT_NEEDED = (
    "app_alarmreceiver", "app_amd", "app_festival", "app_followme", "app_minivm", "app_queue",
    "app_voicemail", "app_voicemail_imap", "app_voicemail_odbc", "cdr_adaptive_odbc", "cdr_csv",
    "cdr_custom", "cdr_manager", "cdr_odbc", "cdr_pgsql", "cdr_radius", "cdr_sqlite3_custom",
    "cdr_tds", "cel_custom", "cel_manager", "cel_odbc", "cel_pgsql", "cel_radius",
    "cel_sqlite3_custom", "cel_tds", "chan_iax2", "chan_unistim", "pbx_ael", "pbx_dundi",
    "pbx_lua", "res_config_odbc", "res_config_pgsql", "res_config_ldap", "res_odbc",
    "res_phoneprov", "res_pjsip_phoneprov_provider", "res_prometheus", "res_smdi", "res_snmp",
    "res_xmpp", "chan_motif", "res_calendar", "res_geolocation", "res_pjsip_geolocation",
)  # fmt: skip
EMPTY = (
    "ccss", "cdr", "cel", "cli", "cli_aliases", "cli_permissions", "codecs", "dnsmgr",
    "extconfig", "features", "indications", "manager", "pjproject", "sorcery",
)  # fmt: skip

ASTERISK = """\
[directories]
astetcdir => {etc}
{modules}astvarlibdir => {home}/lib
astdbdir => {home}/lib
astkeydir => {home}/lib
{data}astagidir => {home}/agi
astspooldir => {home}/spool
astrundir => {home}/run
astlogdir => {home}/log
"""
PJSIP = """\
[global]
type = global
endpoint_identifier_order = ip

[loopback]
type = transport
protocol = udp
bind = {bind}:{port}

[trunk]
type = endpoint
transport = loopback
context = incoming
disallow = all
allow = alaw,ulaw
aors = trunk
t38_udptl = yes
t38_udptl_ec = redundancy
direct_media = no

[trunk]
type = aor
contact = sip:{peer}

[trunk]
type = identify
endpoint = trunk
match = {peer_host}
"""
FAX = """\
[general]
maxrate = 14400
minrate = 2400
modems = v17,v27,v29
ecm = yes
"""
CALLS = """\
[general]

[fax-out]
; The line of a call: how the dialling ended.
exten => _[+0-9]!,1,Dial(PJSIP/${{EXTEN}}@trunk,45)
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&dial=${{DIALSTATUS}})

[fax-send]
; The document of a call: how the transmission ended. Both halves have to be joined before T.38
; can be asked for; where the other side has none, speech carries the tones (f).
exten => s,1,Set(FAXOPT(localstationid)=${{STATION}})
 same => n,Wait(1)
 same => n,SendFAX(${{DOCUMENT}},zf)
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&fax=${{FAXOPT(status)}}\
&pages=${{FAXOPT(pages)}}&rate=${{FAXOPT(rate)}}&error=${{URIENCODE(${{FAXOPT(error)}})}}\
&remote=${{URIENCODE(${{FAXOPT(remotestationid)}})}})

[incoming]
exten => _[+0-9]!,1,Hangup(21)
"""
OUTSIDE = """\
[general]

[incoming]
exten => _+999!,1,Set(NUMBER=${{EXTEN}})
 same => n,GotoIf($[${{DIALPLAN_EXISTS(machine-${{EXTEN:-4}},s,1)}}]?machine-${{EXTEN:-4}},s,1)
 same => n,Goto(machine,${{EXTEN}},1)
exten => _[+0-9]!,1,Hangup(1)

[machine]
exten => _[+0-9]!,1,Answer()
 same => n,Set(FAXOPT(localstationid)=${{EXTEN}})
 same => n,Set(FILE_OF_FAX=${{EXTEN}}-${{UNIQUEID}}.tif)
 same => n,ReceiveFAX({faxes}/${{FILE_OF_FAX}},f)
exten => h,1,Set(FILE({journal},,,al,u)=to=${{FAXOPT(localstationid)}}&fax=${{FAXOPT(status)}}\
&pages=${{FAXOPT(pages)}}&rate=${{FAXOPT(rate)}}&file=${{URIENCODE(${{FILE_OF_FAX}})}})

[machine-9001]
; Somebody else is on the line.
exten => s,1,Busy(2)

[machine-9002]
; Nobody answers.
exten => s,1,Ringing()
 same => n,Wait(60)

[machine-9004]
; The line drops while a page is under way.
exten => s,1,Set(TIMEOUT(absolute)=14)
 same => n,Answer()
 same => n,ReceiveFAX({faxes}/dropped-${{UNIQUEID}}.tif,f)

[machine-9005]
; Answers, and is no fax machine.
exten => s,1,Answer()
 same => n,Wait(120)

[machine-9600]
; A mobile fax PM80: 9600 bit/s at most.
exten => s,1,Set(FAXOPT(modem)=v27,v29)
 same => n,Set(FAXOPT(maxrate)=9600)
 same => n,Goto(machine,${{NUMBER}},1)
"""


@dataclass
class Asterisk:
    """One exchange of an installation: `side` is BUREAU or WORLD."""

    settings: Settings
    side: str = BUREAU

    @property
    def name(self) -> str:
        return f"asterisk-{self.side}"

    def start(self) -> None:
        """Write the configuration and start. Raises EngineError."""
        if self.ready():
            return
        self.stop()
        for folder in ("etc", "lib", "agi", "spool", "run", "log", "faxes"):
            (self.home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        # FILE() appends to what is there, and makes nothing.
        self.journal.touch(mode=0o600)
        for name, content in configuration(self.settings, self.side).items():
            write_private(self.home / "etc" / name, content)
        bring_up(self._process, self.ready, 20)

    def stop(self, deadline: float = 10.0) -> bool:
        return self._process.stop(deadline)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def ready(self) -> bool:
        """Whether it answers; the world, which nobody asks, whether it has read its numbers."""
        if self.pid is None:
            return False
        if self.side == BUREAU:
            return AsteriskFaxGateway(self.settings).health().ok
        return (self.home / "run" / "asterisk.ctl").exists()

    @property
    def home(self) -> Path:
        return home(self.settings, self.side)

    @property
    def journal(self) -> Path:
        return journal(self.settings, self.side)

    @cached_property
    def _process(self) -> Process:
        var = self.settings.var_dir
        return Process(
            self.name,
            [*program(), "-C", str(self.home / "etc" / "asterisk.conf"), "-f"],
            var / "run" / f"{self.name}.pid",
            var / "log" / f"{self.name}.log",
            cwd=var,
        )


def home(settings: Settings, side: str) -> Path:
    return settings.var_dir / "asterisk" / side


def journal(settings: Settings, side: str) -> Path:
    """How each fax of that exchange ended, a line of URL-encoded pairs a call."""
    return home(settings, side) / "journal"


def program() -> list[str]:
    """The command line of Asterisk: the system's own, else that of the tree. Raises EngineError."""
    if own := which("asterisk") or which("asterisk", path=SBIN):
        return [own]
    loader = TREE / "usr/lib64/ld-linux-x86-64.so.2"
    if not loader.exists():
        raise EngineError(
            "asterisk is not installed: make run-telephony (on x86-64), or your own package"
        )
    libraries = TREE / "usr/lib/x86_64-linux-gnu"
    return [str(loader), "--library-path", str(libraries), str(TREE / "usr/sbin/asterisk")]


def is_installed() -> bool:
    try:
        return bool(program())
    except EngineError:
        return False


def configuration(settings: Settings, side: str) -> dict[str, str]:
    """The files of `etc`, by name."""
    is_tree = len(program()) > 1
    place, own = home(settings, side), settings.sip_port
    world, media = settings.world_sip_port, settings.media_port
    peer = settings.sip_host or f"127.0.0.1:{world}"
    if side == WORLD:
        own, peer, media = world, f"127.0.0.1:{settings.sip_port}", media + 2 * MEDIA_PORTS
    # Calls to a carrier leave by the bureau's address; the demo's never leave the machine.
    bind = settings.host if settings.sip_host and side == BUREAU else "127.0.0.1"
    modules = f"astmoddir => {TREE}/usr/lib/x86_64-linux-gnu/asterisk/modules\n"
    data = f"astdatadir => {TREE}/usr/share/asterisk\n"
    unneeded = "".join(f"noload = {name}.so\n" for name in NOT_NEEDED)
    plan = CALLS if side == BUREAU else OUTSIDE
    password = settings.ari_password
    return {
        **{f"{name}.conf": "[general]\n" for name in EMPTY},
        "stasis.conf": "",
        "acl.conf": "",
        "asterisk.conf": ASTERISK.format(
            etc=place / "etc", home=place,
            modules=modules if is_tree else "", data=data if is_tree else "",
        ),
        "modules.conf": f"[modules]\nautoload = yes\n{unneeded}",
        "logger.conf": "[logfiles]\nmessages => warning,error\n",
        "http.conf": "[general]\n" + (
            f"enabled = yes\nbindaddr = 127.0.0.1\nbindport = {settings.ari_port}\n"
            if side == BUREAU else "enabled = no\n"
        ),
        "ari.conf": f"[general]\nenabled = yes\n[{USER}]\ntype = user\npassword = {password}\n",
        "rtp.conf": f"[general]\nrtpstart = {media}\nrtpend = {media + MEDIA_PORTS - 1}\n",
        "udptl.conf": f"[general]\nudptlstart = {media + MEDIA_PORTS}\n"
        f"udptlend = {media + 2 * MEDIA_PORTS - 1}\n",
        "res_fax.conf": FAX,
        "pjsip.conf": PJSIP.format(
            bind=bind, port=own, peer=peer, peer_host=peer.rpartition(":")[0] or peer
        ),
        "extensions.conf": plan.format(journal=place / "journal", faxes=place / "faxes"),
    }  # fmt: skip
