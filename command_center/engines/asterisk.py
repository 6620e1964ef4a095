"""Asterisk: the bureau's own telephone exchange, and in the demo a second one that is the world.

The bureau's exchange dials over one SIP trunk and is asked over ARI (HTTP on loopback). How a call
ended, and which key was pressed meanwhile, it writes into a journal of its own, which
`command-center call-reports` reads: what it says is not lost while nobody listens.

The world is a simulator with real signalling, modems and tones, and with people who listen before
they press a key: it answers demo numbers alone, and
the last four digits of a number decide how (OUTSIDE). It reaches nobody.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import which

from command_center.engines.process import EngineError, Process, bring_up
from command_center.engines.redis import write_private
from kernel.settings import Settings
from telephony import call_reports
from telephony.engine_http import NotReached
from telephony.exchange import USER, Ari, extension_secret
from telephony.gateways.base import OutcomeUnknown
from telephony.lifecycle import Channel

TREE = Path(__file__).parents[2] / "build" / "asterisk"
"""Where the set-up lays Debian's build out: it touches no package of the system."""
SBIN = "/usr/sbin:/usr/local/sbin"
BUREAU, WORLD = "bureau", "world"
MEDIA_PORTS = 100
"""UDP ports of one exchange for speech, and as many for fax (T.38)."""

RECEIVED = ("faxes", "recordings", "heard")
"""Folders for what an exchange takes in: pages, both sides of our calls, what the world heard."""

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
    "extconfig", "features", "indications", "pjproject", "sorcery",
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
endpoint_identifier_order = {known_by}

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
MANAGER = """\
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}
displayconnects = no

[{user}]
secret = {password}
read = call
write = call
"""
CALLS = """\
[general]

[fax-out]
; The line of a call: how the dialling ended.
exten => s,1,Dial(PJSIP/${{NUMBER}}@trunk,45)
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&dial=${{DIALSTATUS}})

[voice-out]
exten => s,1,Dial(PJSIP/${{NUMBER}}@trunk,{ring})
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&dial=${{DIALSTATUS}})

[voice-send]
; Whoever answers hears the words, three times at most, and presses one key. A key is written down
; at once; the end of the call tells whether the words were heard.
exten => s,1,Set(TIMEOUT(absolute)={speaking})
 same => n,MixMonitor({recordings}/${{JOB}}.wav)
 same => n,Set(ROUNDS=0)
 same => n,Set(PRESSED=0)
 same => n,Set(HEARD=0)
 same => n,Wait(1)
 same => n(say),Set(ROUNDS=$[${{ROUNDS}} + 1])
 same => n,Read(KEY,${{WORDS}}&${{KEYS}},1,,1,{listening})
 same => n,ExecIf($["${{READSTATUS}}" = "TIMEOUT"]?Set(HEARD=1))
 same => n,GotoIf($["${{KEY}}" = ""]?again)
 same => n,Set(PRESSED=$[${{PRESSED}} + 1])
 same => n,Set(FILE({journal},,,al,u)=job=${{JOB}}&key=${{URIENCODE(${{KEY}})}}&part=${{PRESSED}}\
&at=${{EPOCH}})
 same => n,GotoIf($["${{KEY}}" = "1"]?accepted)
 same => n,GotoIf($["${{KEY}}" = "0"]?declined)
 same => n,GotoIf($["${{KEY}}" = "9"]?desk)
 same => n(again),GotoIf($[${{ROUNDS}} < {rounds}]?say)
 same => n,Playback(${{GOODBYE}})
 same => n,Hangup()
 same => n(accepted),Playback(${{ACCEPTED}})
 same => n,Hangup()
 same => n(declined),Playback(${{DECLINED}})
 same => n,Hangup()
 same => n(desk),Set(TIMEOUT(absolute)={talking})
 same => n,GotoIf($["${{DESK}}" = ""]?absent)
 same => n,Playback(${{TO_DESK}})
 same => n,Dial(${{DESK}},{ring})
 same => n,GotoIf($["${{DIALSTATUS}}" = "ANSWER"]?over)
 same => n(absent),Playback(${{NO_DESK}})
 same => n(over),Hangup()
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&voice=end&heard=${{HEARD}}&keys=${{PRESSED}}\
&desk=${{DIALSTATUS}})

[conference-out]
; A party of a conference is called, on all of their lines at once.
exten => s,1,Dial(${{LINES}},{ring})
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&dial=${{DIALSTATUS}}&at=${{EPOCH}})

[conference-send]
; Whoever answers joins the others, where all is recorded; a citizen is told so before.
exten => s,1,Set(TIMEOUT(absolute)={conferring})
 same => n,ExecIf($["${{NOTICE}}" != ""]?Playback(${{NOTICE}}))
 same => n,Set(CONFBRIDGE(bridge,internal_sample_rate)=8000)
 same => n,Set(CONFBRIDGE(bridge,record_conference)=yes)
 same => n,Set(CONFBRIDGE(bridge,record_file)={recordings}/${{CONFERENCE}}.wav)
 same => n,Set(CONFBRIDGE(bridge,record_file_timestamp)=no)
 same => n,Set(CONFBRIDGE(bridge,record_file_append)=yes)
 same => n,Set(CONFBRIDGE(user,quiet)=yes)
 same => n,Set(FILE({journal},,,al,u)=job=${{JOB}}&party=joined&at=${{EPOCH}})
 same => n,ConfBridge(${{CONFERENCE}})
 same => n,Hangup()
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&party=left&at=${{EPOCH}})

[phones]
; What the exchange's own phones may dial by themselves: each other. Beyond it, the desk calls.
; Digits alone are dialled, whatever a phone sends.
exten => _XXX!,1,Dial(PJSIP/${{FILTER(0-9,${{EXTEN}})}},{ring})
 same => n,Hangup()

[fax-send]
; The document of a call: how the transmission ended. Both halves have to be joined before T.38
; can be asked for; where the other side has none, speech carries the tones (f).
exten => s,1,Set(FAXOPT(localstationid)=${{STATION}})
 same => n,Wait(1)
 same => n,SendFAX(${{DOCUMENT}},zf)
exten => h,1,Set(FILE({journal},,,al,u)=job=${{JOB}}&fax=${{FAXOPT(status)}}\
&pages=${{FAXOPT(pages)}}&rate=${{FAXOPT(rate)}}&error=${{URIENCODE(${{FAXOPT(error)}})}}\
&mode=${{FAXMODE}}&remote=${{URIENCODE(${{FAXOPT(remotestationid)}})}})

[incoming]
exten => {station},1,Goto(fax-in,s,1)
exten => _[+0-9]!,1,Hangup(21)

[fax-in]
; The pages are laid into the tray; the line of the call tells how many came, and from where.
exten => s,1,Set(GROUP()=fax-in)
 same => n,GotoIf($[${{GROUP_COUNT(fax-in)}} > {lines}]?full)
 same => n,Set(FROM=${{CALLERID(num)}})
 same => n,Set(CAME=in-${{UNIQUEID}}.tif)
 same => n,Set(TIMEOUT(absolute)={receiving})
 same => n,Set(FAXOPT(localstationid)={station})
 same => n,Answer()
 same => n,ReceiveFAX({faxes}/${{CAME}},f)
 same => n,Hangup()
 same => n(full),Hangup(17)
exten => h,1,ExecIf($["${{CAME}}" != ""]?Set(FILE({journal},,,al,u)=came=${{CAME}}\
&from=${{URIENCODE(${{FROM}})}}&to={station}&pages=${{FAXOPT(pages)}}&fax=${{FAXOPT(status)}}\
&at=${{EPOCH}}))
"""
OUTSIDE = """\
[general]

[incoming]
exten => _+999!,1,Set(NUMBER=${{EXTEN}})
 same => n,Set(FILE({journal},,,al,u)=called=${{EXTEN}}&at=${{EPOCH}})
 same => n,GotoIf($[${{DIALPLAN_EXISTS(machine-${{EXTEN:-4}},s,1)}}]?machine-${{EXTEN:-4}},s,1)
; The demo's officers and offices have phones that end in 0…; their fax machines in 5….
 same => n,GotoIf($["${{EXTEN:-4:1}}" = "0"]?machine-7001,s,1)
 same => n,GotoIf($["${{EXTEN:0:6}}" = "+99913"]?person-talks,s,1)
 same => n,Goto(machine,${{EXTEN}},1)
exten => _XXX!,1,Set(NUMBER=${{EXTEN}})
 same => n,GotoIf($[${{DIALPLAN_EXISTS(machine-${{EXTEN}},s,1)}}]?machine-${{EXTEN}},s,1)
 same => n,Goto(person-talks,s,1)
exten => _[+0-9]!,1,Hangup(1)

[machine]
exten => _[+0-9]!,1,Answer()
 same => n,Set(FAXOPT(localstationid)=${{EXTEN}})
 same => n,Set(FILE_OF_FAX=${{EXTEN}}-${{UNIQUEID}}.tif)
 same => n,ReceiveFAX({faxes}/${{FILE_OF_FAX}},f${{FORCED}})
exten => h,1,Set(FILE({journal},,,al,u)=to=${{FAXOPT(localstationid)}}&fax=${{FAXOPT(status)}}\
&mode=${{FAXMODE}}&pages=${{FAXOPT(pages)}}&rate=${{FAXOPT(rate)}}&file=${{URIENCODE(${{FILE_OF_FAX}})}})

[machine-sends]
; A fax machine that calls us, where a call file asks for it.
exten => s,1,Set(FAXOPT(localstationid)=${{STATION}})
 same => n,Wait(1)
 same => n,SendFAX(${{DOCUMENT}},zf)

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

[person-hears]
; Listens until the voice has been silent for a while, as people do; what came is kept.
exten => s,1,Answer()
 same => n,Set(HEARD_FILE={heard}/${{NUMBER}}-${{UNIQUEID}}.wav)
 same => n,MixMonitor({heard}/${{UNIQUEID}}.all.wav,r(${{HEARD_FILE}}))
 same => n,Gosub(listen,s,1)
 same => n,Return()
exten => h,1,NoOp()

[listen]
exten => s,1,WaitForNoise(100,1,10)
 same => n,WaitForSilence(1500,1,60)
 same => n,Return()

[machine-7000]
; Cannot.
exten => s,1,Gosub(person-hears,s,1)
 same => n,SendDTMF(0)
 same => n,Wait(20)

[machine-7001]
; Takes the order.
exten => s,1,Gosub(person-hears,s,1)
 same => n,SendDTMF(1)
 same => n,Wait(20)

[machine-7002]
; Nobody answers.
exten => s,1,Ringing()
 same => n,Wait(60)

[machine-7003]
; Somebody else is on the line.
exten => s,1,Busy(2)

[machine-7004]
; Hangs up in the middle of the words.
exten => s,1,Answer()
 same => n,WaitForNoise(100,1,10)
 same => n,Wait(1)
 same => n,Hangup()

[machine-7005]
; Listens to all of it and presses nothing.
exten => s,1,Gosub(person-hears,s,1)
 same => n,Wait(240)

[machine-7008]
; Wants to hear it again, then takes the order.
exten => s,1,Gosub(person-hears,s,1)
 same => n,SendDTMF(*)
 same => n,Gosub(listen,s,1)
 same => n,SendDTMF(1)
 same => n,Wait(20)

[machine-7009]
; Wants to speak to the desk.
exten => s,1,Gosub(person-hears,s,1)
 same => n,SendDTMF(9)
 same => n,Wait(30)

[machine-7010]
; A SIP phone of its own; unregistered it cannot be reached.
exten => s,1,Dial(PJSIP/phone,40)
 same => n,Hangup(20)

[person-talks]
; On a phone of the bureau's own, or a citizen: speaks in a tone of their own, 400 Hz and 20 for
; each of the number's last two digits, and hears everybody else.
exten => s,1,Answer()
 same => n,MixMonitor({heard}/${{UNIQUEID}}.all.wav,r({heard}/${{NUMBER}}-${{UNIQUEID}}.wav))
 same => n,Playtones($[400 + 20 * ${{NUMBER:-2}}]/500,0/500)
 same => n,Wait(3600)
exten => h,1,NoOp()

[machine-7101]
; Talks, and stays on the line.
exten => s,1,Goto(person-talks,s,1)

[machine-8019]
; Talks to somebody else.
exten => s,1,Busy(2)

[machine-8020]
; Not at the desk.
exten => s,1,Ringing()
 same => n,Wait(60)

[machine-9711]
; Speaks no T.38: its adapter refuses it, and the tones go through the speech channel.
exten => s,1,Set(FORCED=F)
 same => n,Goto(machine,${{NUMBER}},1)

[machine-9600]
; A mobile fax PM80: 9600 bit/s at most.
exten => s,1,Set(FAXOPT(modem)=v27,v29)
 same => n,Set(FAXOPT(maxrate)=9600)
 same => n,Goto(machine,${{NUMBER}},1)
"""


EXTENSION = """\

[{number}]
type = endpoint
transport = loopback
context = phones
disallow = all
allow = alaw,ulaw
aors = {number}
auth = {number}
direct_media = no
dtmf_mode = rfc4733

[{number}]
type = aor
max_contacts = 1
remove_existing = yes

[{number}]
type = auth
auth_type = userpass
username = {number}
password = {password}
"""
"""A phone of the exchange itself."""
REGISTERED = """\

[{number}]
type = registration
transport = loopback
server_uri = sip:{peer}
client_uri = sip:{number}@{peer}
contact_user = {number}
outbound_auth = {number}
retry_interval = 1
forbidden_retry_interval = 1
max_retries = 100000
auth_rejection_permanent = no

[{number}]
type = auth
auth_type = userpass
username = {number}
password = {password}
"""
"""The demo has no phones on its desks: the world registers one for each extension."""
PHONE = """\

[phone]
type = endpoint
transport = loopback
context = incoming
disallow = all
allow = alaw,ulaw
aors = phone
direct_media = no
dtmf_mode = rfc4733

[phone]
type = aor
max_contacts = 1
remove_existing = yes
"""
"""The world's one SIP phone, which a test may register."""
RECEIVING_SECONDS = 1800
"""Sixty pages on a good line."""
SPEAKING = {
    "ring": 30,
    "speaking": 240,
    "talking": 1800,
    "listening": 6,
    "rounds": 3,
    "conferring": 7200,
}
"""Seconds and rounds of a call, within `telephony.patience.outcome_due`."""


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
        for folder in ("etc", "lib", "agi", "spool", "run", "log", *RECEIVED):
            (self.home / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        # FILE() appends to what is there, and makes nothing.
        self.journal.touch(mode=0o600)
        call_reports.begin_anew(self.journal)
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
            return self._answers()
        return (self.home / "run" / "asterisk.ctl").exists()

    def _answers(self) -> bool:
        try:
            Ari(self.settings.ari_port, self.settings.ari_password, 3).calls(Channel.VOICE)
        except (NotReached, OutcomeUnknown, ValueError):
            return False
        return True

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
    """What became of each call of that exchange, lines of URL-encoded pairs."""
    return home(settings, side) / "journal"


def faxes(settings: Settings) -> Path:
    """Where the bureau's exchange lays the faxes that come in, until somebody has them."""
    return home(settings, BUREAU) / "faxes"


def recordings(settings: Settings) -> Path:
    """Where the bureau's exchange leaves the sound of its calls, until it is sealed."""
    return home(settings, BUREAU) / "recordings"


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
        "manager.conf": MANAGER.format(port=settings.ami_port, user=USER, password=password)
        if side == BUREAU else "[general]\n",
        "rtp.conf": f"[general]\nrtpstart = {media}\nrtpend = {media + MEDIA_PORTS - 1}\n",
        "udptl.conf": f"[general]\nudptlstart = {media + MEDIA_PORTS}\n"
        f"udptlend = {media + 2 * MEDIA_PORTS - 1}\n",
        "confbridge.conf": "[general]\n",
        "res_fax.conf": FAX,
        "pjsip.conf": PJSIP.format(
            known_by="username,ip",
            bind=bind, port=own, peer=peer, peer_host=peer.rpartition(":")[0] or peer
        ) + _phones(settings, side, peer),
        "extensions.conf": plan.format(
            journal=place / "journal", **{name: place / name for name in RECEIVED}, **SPEAKING,
            station=re.sub(r"[^+0-9]", "", settings.fax_number), lines=settings.fax_lines,
            receiving=RECEIVING_SECONDS,
        ),
    }  # fmt: skip


def _phones(settings: Settings, side: str, peer: str) -> str:
    """The exchange's own extensions; on the world's side, whatever answers there."""
    written = EXTENSION if side == BUREAU else REGISTERED
    made = "".join(
        written.format(number=one, password=extension_secret(settings, one), peer=peer)
        for one in settings.extension_numbers
    )
    return made if side == BUREAU else PHONE + made
