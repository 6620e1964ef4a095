"""Every message of JT/T 808 that is read field by field, by its id."""

from gps_ingest.protocols.jt808 import control, link, location, words
from gps_ingest.protocols.jt808.body import Body
from gps_ingest.protocols.jt808.location import Location

READABLE: dict[int, type[Body] | type[Location]] = {
    found.ID: found
    for module in (link, location, words, control)
    for found in vars(module).values()
    if isinstance(found, type) and issubclass(found, Body | Location) and "ID" in vars(found)
    if found.ID >= 0
}
