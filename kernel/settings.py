"""Every setting, typed and documented. Environment `CC_*`; generated secrets live under `var/`."""

import os
import re
import secrets
import warnings
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEFAULT_SECRET = "change-me"  # noqa: S105 (refused in production)
DEMO_NUMBER = re.compile(r"^\+?999\d{5,12}$")
"""Numbers of the demo: country code 999 belongs to nobody (ITU-T E.164), so none can be dialled."""
DEMO_DESK = "8003"
"""The demo's dispatcher."""
EXTENSIONS, MOST_EXTENSIONS = re.compile(r"([1-9]\d{2,5})-([1-9]\d{2,5})", re.ASCII), 1000
PRIVATE_NUMBER = re.compile(r"[A-Za-z0-9_-]{43}")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORTS = (
    "http_port",
    "pg_port",
    "redis_port",
    "nmea_tcp_port",
    "nmea_udp_port",
    "osmand_port",
    "kannel_admin_port",
    "kannel_box_port",
    "kannel_sendsms_port",
    "smpp_port",
    "smsc_control_port",
    "fax_simulator_port",
    "jt808_port",
    "gt06_port",
    "ari_port",
    "sip_port",
    "world_sip_port",
    "ami_port",
)
Limit = Annotated[int, Field(ge=1, le=999)]
Limits = Annotated[tuple[Limit, Limit, Limit], NoDecode]
"""Of level 1, 2 and 3."""
FIRST_PORT, LAST_PORT = 8300, 65_535
MEDIA_PORTS = 400
"""From `media_port` on."""
OWN_SECRETS = ("secret_key", "identity_key", "audit_key", "hook_token")
ENGINE_SECRETS = (
    "pg_password", "pg_app_password", "redis_password", "kannel_password", "smpp_password",
    "ari_password", "push_key",
)  # fmt: skip


class Settings(BaseSettings):
    """The settings of one installation. Ports count up from `port_base` unless set one by one."""

    model_config = SettingsConfigDict(
        env_prefix="CC_", extra="forbid", frozen=True, hide_input_in_errors=True
    )

    mode: Literal["demo", "production"] = "demo"
    """`demo`: loopback only, a banner, demo accounts, numbers that cannot be dialled."""
    var_dir: Path = Path("var")
    """Everything that this installation writes: cluster, spools, logs, secrets, attachments."""
    host: str = "127.0.0.1"
    """Address that listeners bind to. Demo mode refuses anything but loopback."""
    public_url: str = ""
    """Address that people type; empty means http://host:http_port. Where it is set, requests are
    answered under its host name, `host` and loopback alone."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many of our own proxies stand before the web process: as many entries of
    X-Forwarded-For, -Proto and -Host are believed."""
    timezone: str = "Asia/Shanghai"
    """The bureau's zone: dates on papers, in numbers and in statistics."""
    region_code: str = "110000"
    """GB/T 2260 code of the bureau's region."""
    roll_weekends: bool = True
    """Whether a limit that ends on an ordinary weekend ends on the first working day after it, as
    one on a public holiday does; no law says (SPEC 2.6)."""

    map_lon: float = 116.39
    map_lat: float = 39.92
    map_zoom: float = 11
    """Where a desk's map opens, WGS-84 degrees."""

    port_base: int = FIRST_PORT
    http_port: int = 0
    pg_port: int = 0
    redis_port: int = 0
    nmea_tcp_port: int = 0
    nmea_udp_port: int = 0
    osmand_port: int = 0
    kannel_admin_port: int = 0
    kannel_box_port: int = 0
    kannel_sendsms_port: int = 0
    smpp_port: int = 0
    smsc_control_port: int = 0
    fax_simulator_port: int = 0
    jt808_port: int = 0
    gt06_port: int = 0
    ari_port: int = 0
    """Where the private telephone exchange answers us (loopback)."""
    sip_port: int = 0
    world_sip_port: int = 0
    """The demo's simulated outside world."""
    ami_port: int = 0
    """Where the exchange tells which page of a fax is under way (loopback)."""
    media_port: int = 0
    """The first of 400 UDP ports for speech and fax; 0 means `port_base` + 2000."""

    database_url: str = ""
    """postgresql://... of a bureau's own server, as the role that the processes sign in with (it
    owns nothing); empty means the private cluster."""
    database_owner_url: str = ""
    """The same database as its owner, for migrations, imports and backups; only operators need it.
    """
    redis_url: str = ""
    """redis://... of a bureau's own server; empty means the private one."""
    chromium: str = ""
    """Browser for tests and screenshots; empty means the first found in PATH."""

    secret_key: str = DEFAULT_SECRET
    """Signs sessions and query codes."""
    identity_key: str = DEFAULT_SECRET
    """The first key that seals informants' identities; it also makes query codes. Keep it outside
    the database and its backups."""
    identity_keys: Path | None = None
    """Folder of the keys that came after it, one file of mode 0600 each, made by `keys rotate` and
    `keys reindex`; running processes notice a new one. Empty means `secrets/identity_keys` under
    `var/`."""
    audit_key: str = DEFAULT_SECRET
    """Chains the audit and signs its anchors; keep it outside the database and its backups."""
    hook_token: str = DEFAULT_SECRET
    """Shared with Kannel: authenticates its callbacks."""

    pg_password: str = ""
    """Of the private cluster's owner and administrator; generated under `var/` when empty."""
    pg_app_password: str = ""
    """Of the role that the processes sign in with there; generated under `var/` when empty."""
    redis_password: str = ""
    """Of the private Redis; generated under `var/` when empty."""
    kannel_password: str = ""
    """Of Kannel's sendsms and admin interfaces; generated under `var/` when empty."""
    smpp_host: str = ""
    """The carrier's SMSC; empty means the simulated peer of the demo."""
    smpp_user: str = "command"
    smpp_password: str = ""
    """At the SMSC; generated under `var/` for the simulated peer. SMPP allows 8 characters."""
    sms_modem: str = ""
    """Device of a GSM modem such as /dev/ttyUSB0: texts go over it, not over SMPP."""
    sms_modem_speed: int = Field(default=115_200, ge=300)
    """Of its serial line, in bit/s."""
    sms_number: str = "12315"
    """The number that messages are sent from and answered to."""
    fax_engine: Literal["simulator", "asterisk", "hylafax"] = "simulator"
    """What sends faxes: the labelled simulator, a private Asterisk with real modems, or the
    bureau's own HylaFAX."""
    hylafax_host: str = "127.0.0.1:4559"
    """host:port of its hfaxd."""
    hylafax_user: str = "command-center"
    hylafax_password: str = ""
    fax_number: str = "12315"
    """The station that our faxes name as their sender."""
    fax_lines: int = Field(default=4, ge=1, le=60)
    """Faxes that are sent at once."""
    voice_engine: Literal["none", "asterisk"] = "none"
    """What calls people: nobody (the channel is not offered), or a private Asterisk."""
    voice_lines: int = Field(default=4, ge=1, le=60)
    """People that are called at once."""
    voice_desk: str = ""
    """The dispatch desk's extensions, separated by commas, or its number: where key 9 of a call
    leads to, whoever answers first. Empty means nobody is connected (the desk is told all the
    same), in the demo its dispatcher."""
    extensions: str = "8001-8020"
    """First and last of the exchange's own phones; accounts are given one each."""
    sip_host: str = ""
    """host:port of the carrier's SIP trunk; empty means the simulated outside world of the demo."""
    ari_password: str = ""
    """Of the private exchange's interface; generated under `var/` when empty."""

    push_hosts: str = ""
    """Hosts of the push services that may be asked to wake a browser, separated by commas; one that
    begins with a dot stands for all below it. Empty means that nobody is offered it."""
    push_contact: str = ""
    """mailto: or https: address of the bureau, which push services may turn to (RFC 8292)."""
    push_key: str = ""
    """What we sign to push services with: a P-256 key's private number, base64url; generated under
    `var/` when empty. With another key every browser has to be asked anew."""

    web_workers: int = Field(default=1, ge=1, le=64)
    """Web processes that share the HTTP port, each on a core of its own."""
    ingest_processes: int = Field(default=1, ge=1, le=64)
    """Listening processes that `up` starts on this machine; they share its ports (SO_REUSEPORT)."""

    track_days: int = Field(default=90, ge=31)
    """Days of positions that stay attached to the history; older ones are put away as compressed
    files under `archive/gps` of `var/`, until the archive destroys them by its own rule."""

    log_json: bool | None = None
    log_level: str = "INFO"
    demo_seed: int = 12315
    demo_businesses: int = 20_000
    demo_past_cases: int = 12_000
    simulate: bool = True
    """Whether `up` lets the demo city live (vehicles, submissions, answers)."""
    nmea_auto_register: bool = False
    """Let unknown terminals register themselves (demo only)."""

    place_nominatim_url: str = ""
    """Address of `search` of a Nominatim; empty: it is not asked. Online sources are asked only
    when a person presses the search and nothing of this house is sure (docs/maps.md)."""
    place_tianditu_url: str = "https://api.tianditu.gov.cn/geocoder"
    place_tianditu_key: str = ""
    """The bureau's key to Tianditu; empty: it is not asked."""
    place_amap_url: str = "https://restapi.amap.com/v3/geocode/geo"
    place_amap_key: str = ""
    """The bureau's key to Amap; empty: it is not asked."""
    place_seconds: float = Field(default=2, gt=0, le=10)
    """Each online source is waited for so long; after three silences nobody waits for a minute."""
    registry_url: str = ""
    """Service of the registration authority that is asked about an order's business, by
    `credit_code` and `name`; empty: the registry that was imported (SPEC §3.4)."""
    registry_seconds: float = Field(default=3, gt=0, le=20)
    """It is waited for so long; after three silences nobody waits for a minute."""
    oral_confirm_minutes: int = 30
    """An oral approval is confirmed on line within this time (SPEC §5 step 5)."""
    next_leader_seconds: int = Field(default=10, ge=0, le=600)
    """In a three-party call the next leader of the duty list is called so long after one was not
    reached; 0: by a press alone."""
    supervision_sign_hours: Limits = (24, 4, 1)
    """Within how many hours a supervision order of level 1, 2 and 3 is signed for, separated by
    commas; no law says."""
    supervision_reply_days: Limits = (5, 3, 2)
    """Within how many working days it is replied to, likewise."""
    duplicate_days: int = Field(default=30, ge=1, le=3650)
    """Open cases that came in within so many days of each other may be shown as one."""
    alarm_climb_seconds: int = 120
    """An untaken alarm climbs one rung after this time (SPEC §4.3)."""
    overspeed_kmh: int = Field(default=120, ge=0)
    """A unit faster than this is noted on its card; 0 watches for none."""
    unordered_moves: Literal["off", "off_duty", "all"] = "all"
    """Of which units a drive without an order is noted: of none, of those off duty, of free ones
    too. A note on the unit's card, never an alarm."""
    session_hours: int = 12
    """A session ends after this time whatever happens."""
    session_idle_minutes: int = Field(default=0, ge=0)
    """A session ends when its person has asked for nothing this long; 0 means 120 in production
    and never in demo mode. A desk that only listens does not count as asking."""
    step_up_minutes: int = Field(default=0, ge=0)
    """For how long a proof of who is sitting there counts where identities are revealed, orders
    and closures decided or accounts changed; 0 means 10 in production, the session in demo."""
    second_factor: Literal["auto", "offered", "demanded"] = "auto"
    """Whether the roles that decide, reveal or administer need a second factor; `auto` demands it
    in production and offers it in demo mode."""
    trusted_device_days: int = Field(default=30, ge=0)
    """For how long a desk that its user trusts skips the second factor; 0 switches that off."""
    password_min_length: int = Field(default=0, ge=0)
    """Of a new password; 0 means 12 in production and 8 in demo mode."""

    oidc_issuer: str = ""
    """The bureau's identity provider (OpenID Connect); empty means there is none."""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_claim: str = "preferred_username"
    """The claim that names the account; an account must exist here before."""
    oidc_label: str = ""
    """What the button on the sign-in page says; empty means a general word."""

    @model_validator(mode="before")
    @classmethod
    def _generated(cls, values: dict[str, Any]) -> dict[str, Any]:
        _refuse_unsafe(values)
        base = _number(values, "port_base") or FIRST_PORT
        for offset, name in enumerate(PORTS):
            values[name] = _number(values, name) or base + offset
        values["media_port"] = _number(values, "media_port") or min(
            base + 2000, LAST_PORT - MEDIA_PORTS
        )
        values["var_dir"] = Path(values.get("var_dir") or "var").absolute()
        if values.get("mode", "demo") == "demo":
            for name in OWN_SECRETS:
                values[name] = values.get(name) or _secret(values["var_dir"], name)
        for name in ENGINE_SECRETS:
            values[name] = values.get(name) or _secret(values["var_dir"], name)
        return values

    @field_validator("extensions")
    @classmethod
    def _a_range(cls, text: str) -> str:
        found = EXTENSIONS.fullmatch(text)
        if found is None or not 0 <= int(found[2]) - int(found[1]) < MOST_EXTENSIONS:
            raise ValueError("CC_EXTENSIONS is a range of 3 to 6 digits such as 8001-8020")
        return text

    @field_validator("supervision_sign_hours", "supervision_reply_days", mode="before")
    @classmethod
    def _by_commas(cls, text: Any) -> Any:
        return text.split(",") if isinstance(text, str) else text

    @field_validator("supervision_sign_hours", "supervision_reply_days")
    @classmethod
    def _graver_is_not_slower(cls, limits: tuple[int, ...]) -> tuple[int, ...]:
        if list(limits) != sorted(limits, reverse=True):
            raise ValueError("a graver level of supervision is not given more time than a lesser")
        return limits

    @model_validator(mode="after")
    def _ports(self) -> "Settings":
        ports = {name: getattr(self, name) for name in PORTS}
        for name, port in ports.items():
            if not 0 < port <= LAST_PORT:
                raise ValueError(f"CC_{name.upper()} is {port}: a port lies within 1..{LAST_PORT}")
        streams = {name: port for name, port in ports.items() if name != "nmea_udp_port"}
        for name, port in streams.items():
            for other, taken in streams.items():
                if port == taken and name < other:
                    raise ValueError(f"CC_{name.upper()} and CC_{other.upper()} are both {port}")
        return self

    @model_validator(mode="after")
    def _push(self) -> "Settings":
        if self.push_hosts and not self.push_contact.startswith(("mailto:", "https://")):
            raise ValueError("CC_PUSH_HOSTS needs CC_PUSH_CONTACT: a mailto: or https: address")
        if not PRIVATE_NUMBER.fullmatch(self.push_key):
            raise ValueError("CC_PUSH_KEY is no private number of P-256: 43 letters of base64url")
        return self

    @property
    def desk_number(self) -> str:
        """Where somebody is connected who asks for the desk."""
        return self.voice_desk or (DEMO_DESK if self.is_demo else "")

    @cached_property
    def extension_numbers(self) -> tuple[str, ...]:
        """Every phone of the exchange, as it is dialled."""
        first, last = map(int, self.extensions.split("-"))
        return tuple(str(one) for one in range(first, last + 1))

    @property
    def supervision_limits(self) -> list[dict[str, int]]:
        """Of level 1, 2 and 3, as a page is told."""
        limits = zip(self.supervision_sign_hours, self.supervision_reply_days, strict=True)
        return [{"sign_hours": hours, "reply_days": days} for hours, days in limits]

    @property
    def has_carrier(self) -> bool:
        """Whether texts really go out: to a carrier's SMSC or over a modem."""
        return bool(self.smpp_host or self.sms_modem)

    @property
    def uses_exchange(self) -> bool:
        """Whether anything leaves by the telephone exchange."""
        return "asterisk" in (self.fax_engine, self.voice_engine)

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    @property
    def step_up(self) -> timedelta:
        """For how long a proof of who is sitting there is fresh."""
        if self.step_up_minutes:
            return timedelta(minutes=self.step_up_minutes)
        return timedelta(hours=self.session_hours) if self.is_demo else timedelta(minutes=10)

    @property
    def idle(self) -> timedelta:
        """A session that asks for nothing this long has ended."""
        if self.session_idle_minutes:
            return timedelta(minutes=self.session_idle_minutes)
        return timedelta(hours=self.session_hours) if self.is_demo else timedelta(minutes=120)

    @property
    def demands_second_factor(self) -> bool:
        return self.second_factor == "demanded" or (
            self.second_factor == "auto" and not self.is_demo
        )

    @property
    def shortest_password(self) -> int:
        return self.password_min_length or (8 if self.is_demo else 12)

    @property
    def has_oidc(self) -> bool:
        return bool(self.oidc_issuer)

    @property
    def sqlalchemy_url(self) -> str:
        """The SQLAlchemy address of the database (psycopg 3) for the running processes."""
        return self._address(self.database_url, "command_center_app", self.pg_app_password)

    @property
    def owner_url(self) -> str:
        """The same for the operator's verbs, which change the schema or load whole tables."""
        own = self.database_owner_url or self.database_url
        return self._address(own, "command_center", self.pg_password)

    def _address(self, given: str, role: str, password: str) -> str:
        private = f"postgresql://{role}:{password}@127.0.0.1:{self.pg_port}/command_center"
        return (given or private).replace("postgresql://", "postgresql+psycopg://", 1)

    @property
    def bus_url(self) -> str:
        return self.redis_url or f"redis://:{self.redis_password}@127.0.0.1:{self.redis_port}/0"

    @property
    def key_folder(self) -> Path:
        return self.identity_keys or self.var_dir / "secrets" / "identity_keys"

    @property
    def map_view(self) -> dict[str, float]:
        return {"lon": self.map_lon, "lat": self.map_lat, "zoom": self.map_zoom}

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://{quote(self.host)}:{self.http_port}"

    @property
    def host_names(self) -> list[str] | None:
        """The names under which requests may ask for us; None where only the bureau's proxy knows
        them. Any other leads here by a stranger's name server."""
        if ":" in self.host or not (self.is_demo or self.public_url):
            return None
        named = urlsplit(self.base_url).hostname or ""
        return sorted({"127.0.0.1", "localhost", self.host, named})

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def _refuse_unsafe(values: dict[str, Any]) -> None:
    """Before anything is written. Raises ValueError naming every setting that is missing."""
    mode = values.get("mode", "demo")
    if mode == "demo" and values.get("host", "127.0.0.1") not in LOOPBACK:
        raise ValueError("demo mode binds loopback only (CC_HOST)")
    if mode == "production":
        weak = [name for name in OWN_SECRETS if not _is_strong(values.get(name))]
        if weak:
            named = ", ".join(f"CC_{name.upper()}" for name in weak)
            raise ValueError(f"production needs secrets of 32 characters or more: {named}")
        _refuse_open_provider(str(values.get("oidc_issuer") or ""))


def _refuse_open_provider(issuer: str) -> None:
    """Raises ValueError for a provider whose answers anybody on the way could change."""
    if issuer and not issuer.startswith("https://"):
        raise ValueError("production needs an identity provider over https (CC_OIDC_ISSUER)")


def _is_strong(secret: object) -> bool:
    return isinstance(secret, str) and secret != DEFAULT_SECRET and len(secret) >= 32


def _number(values: dict[str, Any], name: str) -> int:
    """Zero where it is not set. Raises ValueError for what is no number."""
    given = values.get(name) or 0
    try:
        return int(given)
    except ValueError:
        raise ValueError(f"CC_{name.upper()} is no number") from None


def _secret(var_dir: Path, name: str) -> str:
    """The demo's generated secret: one file of mode 0600 per name, made once."""
    path = var_dir / "secrets" / name
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = secrets.token_urlsafe(32)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value)
    except FileExistsError:
        return path.read_text("ascii")
    return value


def load(**overrides: Any) -> Settings:
    """The settings from the environment; an unknown `CC_*` variable warns (never fails)."""
    known = {f"CC_{name.upper()}" for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith("CC_") and name not in known:
            warnings.warn(f"unknown setting {name}", stacklevel=2)
    return Settings(**overrides)
