"""What vehicles send: NMEA sentences and OsmAnd requests, as bytes."""

from datetime import datetime
from urllib.parse import urlencode

from gps_ingest.protocols.nmea import checksum


def sentence(body: str) -> bytes:
    """The body as an NMEA sentence with its checksum and line end."""
    return b"$%b*%02X\r\n" % (body.encode(), checksum(body.encode()))


def rmc(
    at: datetime,
    lat: float,
    lon: float,
    *,
    knots: float = 10.0,
    course: float = 90.0,
    status: str = "A",
    mode: str = "A",
) -> bytes:
    """One position; WGS-84 degrees, UTC."""
    time = f"{at:%H%M%S}.{at.microsecond // 10_000:02d}"
    place = (
        f"{_angle(lat, 2)},{'N' if lat >= 0 else 'S'},{_angle(lon, 3)},{'E' if lon >= 0 else 'W'}"
    )
    return sentence(f"GNRMC,{time},{status},{place},{knots:.1f},{course:.1f},{at:%d%m%y},,,{mode}")


def login(identity: str) -> bytes:
    """The first line by which a receiver names itself."""
    return sentence(f"PGID,{identity}")


def osmand(identity: str, at: datetime, lat: float, lon: float, **more: object) -> str:
    """The target of a phone's request."""
    fields = {"id": identity, "timestamp": int(at.timestamp()), "lat": lat, "lon": lon, **more}
    return "/?" + urlencode(fields)


def _angle(value: float, width: int) -> str:
    """ddmm.mmmmmm of a magnitude in degrees."""
    micro_minutes = round(abs(value) * 60_000_000)
    degrees, rest = divmod(micro_minutes, 60_000_000)
    return f"{degrees:0{width}d}{rest // 1_000_000:02d}.{rest % 1_000_000:06d}"
