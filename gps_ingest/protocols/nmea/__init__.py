"""NMEA 0183: the sentences of plain receivers.

`sentence` reads what one is made of, `decoder` a stream of them, `together` many RMCs of one
layout at once, `capture` a recorded stream.
"""

from gps_ingest.protocols.nmea.capture import CaptureReader
from gps_ingest.protocols.nmea.decoder import MAX_LOOSE, Decoder, Gga, Rmc
from gps_ingest.protocols.nmea.sentence import MAX_SENTENCE, checksum

__all__ = ["MAX_LOOSE", "MAX_SENTENCE", "CaptureReader", "Decoder", "Gga", "Rmc", "checksum"]
