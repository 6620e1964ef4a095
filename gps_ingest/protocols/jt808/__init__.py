"""JT/T 808, editions 2011, 2013 and 2019: terminals of vehicles to the platform and back.

`framing` cuts and seals frames, `parts` joins and divides long messages, `body` and `bits` say how
values are written, `link`, `location`, `words` and `control` hold the messages, `decoder` is the
way in and out, `rows` writes what a person wrote down.
"""

from gps_ingest.protocols.jt808.body import Dialect, clip
from gps_ingest.protocols.jt808.decoder import CaptureReader, Damaged, Decoder, encode, positions
from gps_ingest.protocols.jt808.framing import FLAG, Header, Malformed, Peer
from gps_ingest.protocols.jt808.location import Batch, Location, PositionReply
from gps_ingest.protocols.jt808.parts import Gap, retry_after
from gps_ingest.protocols.jt808.rows import write

__all__ = [
    "FLAG",
    "Batch",
    "CaptureReader",
    "Damaged",
    "Decoder",
    "Dialect",
    "Gap",
    "Header",
    "Location",
    "Malformed",
    "Peer",
    "PositionReply",
    "clip",
    "encode",
    "positions",
    "retry_after",
    "write",
]
