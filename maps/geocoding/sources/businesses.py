"""Geocoding source: the business registry, searched by the token index."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from rapidfuzz.distance import Indel, LCSseq
from sqlalchemy import Float, Integer, Row, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from kernel import credit_code
from maps.geocoding import normalise, scoring
from maps.geocoding.candidates import Candidate
from maps.geocoding.query import Query, Reading
from maps.geocoding.sources.base import OTHER_DISTRICT
from maps.models import Business, TokenFrequency

BUDGET = 1_500
"""The index is asked for the rarest tokens, until they stand in this many businesses together."""
COMPARED = 80
"""So many businesses, those with the most tokens of the query, are compared letter by letter."""
ANSWERS = 5
AT_DOOR_WRITTEN, AT_DOOR_HEARD = 0.97, 0.90

_Found = Row[*tuple[Any, ...]]
_INTS = ARRAY(Integer)
_COLUMNS = (
    Business.id,
    Business.name,
    Business.credit_code,
    Business.address,
    Business.district,
    Business.street,
    Business.number,
    func.st_x(Business.geom, type_=Float).label("lon"),
    func.st_y(Business.geom, type_=Float).label("lat"),
    Business.point_level,
    Business.former_names,
    Business.other_names,
)

# Statements are composed once: that costs as much time as running them.
_BY_CODE = select(*_COLUMNS).where(Business.credit_code == bindparam("code"))
_AT_DOOR = (
    select(*_COLUMNS, func.count().over().label("sharing"))
    .where(
        Business.street == bindparam("street"),
        Business.number == bindparam("number"),
        or_(bindparam("district") == "", Business.district == bindparam("district")),
    )
    .order_by(Business.id)
    .limit(BUDGET)
)
_WANTED = bindparam("wanted", type_=_INTS)
_SPENT = func.sum(TokenFrequency.frequency).over(
    order_by=(TokenFrequency.frequency, TokenFrequency.token)
)
_BY_RARITY = (
    select(
        TokenFrequency.token,
        (_SPENT - TokenFrequency.frequency).label("before"),
        _SPENT.label("spent"),
    )
    .where(TokenFrequency.token == func.any(_WANTED))
    .subquery()
)
# The rarest known tokens until the budget is spent; at least one.
_RARE = (
    select(func.array_agg(_BY_RARITY.c.token, type_=_INTS))
    .where(or_(_BY_RARITY.c.spent <= BUDGET, _BY_RARITY.c.before == 0))
    .scalar_subquery()
)
_SHARED = func.icount(Business.tokens.op("&", return_type=_INTS)(_WANTED))
_SHARING_TOKENS = (
    select(*_COLUMNS)
    .where(Business.tokens.op("&&")(_RARE))
    .order_by(_SHARED.desc(), Business.id)
    .limit(COMPARED)
)


class Businesses:
    """Finds registered businesses by name, by name and place, by door, or by credit code."""

    name = "registry"

    def find(self, session: Session, query: Query) -> list[Candidate]:
        if credit_code.is_valid(code := query.text.upper()):
            rows = session.execute(_BY_CODE, {"code": code})
            return [_candidate(row, 1.0, ("credit_code:same",)) for row in rows]
        at_door = _at_door(session, query)
        if not (query.readings[0].name or query.readings[0].within):
            return at_door
        return _behind(_by_name(session, query), at_door)


def _at_door(session: Session, query: Query) -> list[Candidate]:
    """The businesses at the door that was said, the most alike address first; the place is sure,
    the business is not. Where more was said, those whose address says it too."""
    doors: dict[tuple[str, str], Reading] = {}
    for reading in query.readings:
        if reading.street and (reading.number or reading.name):
            doors.setdefault((reading.street, reading.number), reading)
    local = normalise.without_region(query.text)
    return [
        _neighbour(row, reading, len(doors), alike)
        for reading in doors.values()
        for row, alike in _most_alike(local, _rows_at(session, reading))
    ]


def _rows_at(session: Session, reading: Reading) -> list[_Found]:
    """The businesses at a reading's door whose address has the rest of the reading in it; those of
    other districts where its own has none."""
    given = {"street": reading.street, "number": reading.number}
    for district in dict.fromkeys((reading.district, "")):
        rows = session.connection().execute(_AT_DOOR, given | {"district": district})
        if fitting := [row for row in rows if _says(row.address, reading.name)]:
            return fitting
    return []


def _says(address: str, words: str) -> bool:
    """Whether an address has all the characters of the words, in their order."""
    return not words or LCSseq.similarity(words, normalise.name(address)) == len(words)


def _most_alike(local: str, rows: Sequence[_Found]) -> list[tuple[_Found, float]]:
    """The rows whose address without region is most like a text, and how much (0..1)."""
    alike = [
        Indel.normalized_similarity(local, normalise.without_region(normalise.name(row.address)))
        for row in rows
    ]
    return sorted(zip(rows, alike, strict=True), key=lambda pair: -pair[1])[:ANSWERS]


def _neighbour(row: _Found, reading: Reading, doors: int, alike: float) -> Candidate:
    sure = AT_DOOR_WRITTEN if reading.heard == "characters" else AT_DOOR_HEARD
    evidence = [f"street:{_written_or_heard(reading)}"]
    if reading.number:
        evidence.append("number:same")
    if alike == 1:
        evidence.append("address:same")
    evidence += _district_evidence(reading, row.district)
    if "district:other" in evidence:
        sure *= OTHER_DISTRICT
    if row.sharing > 1:
        evidence.append(f"sharing_door:{row.sharing}")
    return _candidate(row, sure / doors, tuple(evidence))


def _behind(named: list[Candidate], at_door: list[Candidate]) -> list[Candidate]:
    """Each business once: by its name, or by its address as far as no name fits."""
    rest = 1 - max((c.confidence for c in named), default=0.0)
    found = named + [replace(c, confidence=c.confidence * rest) for c in at_door]
    best: dict[int | None, Candidate] = {}
    for candidate in sorted(found, key=lambda c: -c.confidence):
        best.setdefault(candidate.business_id, candidate)
    return list(best.values())


def _by_name(session: Session, query: Query) -> list[Candidate]:
    rows = {row.id: row for row in rows_for(session, query)}
    matches = scoring.match(query.readings, _compared(rows.values(), query), query.text)
    matches = list({m.row.id: m for m in reversed(matches)}.values())[::-1]
    namesakes = Counter(m.row.core for m in matches)
    return [
        _candidate(
            rows[m.row.id],
            confidence,
            _evidence(m, namesakes[m.row.core]) + _called(rows[m.row.id], m),
        )
        for m, confidence in zip(matches[:ANSWERS], scoring.confidences(matches), strict=False)
    ]


def _compared(rows: Iterable[Sequence[Any]], query: Query) -> list[scoring.Row]:
    """Each business once for every name that it has or had."""
    within = any(reading.within for reading in query.readings)
    return [
        scoring.row(
            ident, name, district, street, number, normalise.name(address) if within else ""
        )
        for (
            ident, registered, _, address, district, street, number, _, _, _, former, other
        ) in rows
        for name in _names(registered, former, other)
    ]  # fmt: skip


def _names(registered: str, former: str, other: str) -> list[str]:
    if not (former or other):  # nearly always, and this is asked of every row
        return [registered]
    return [registered, *normalise.listed(former), *normalise.listed(other)]


def _called(row: _Found, match: scoring.Match) -> tuple[str, ...]:
    """By which name it was found, where that is not the registered one."""
    for kind, names in (("former", row.former_names), ("other", row.other_names)):
        for name in normalise.listed(names):
            if match.row.whole == normalise.name(name) != normalise.name(row.name):
                return (f"called:{kind}:{name}",)
    return ()


def rows_for(session: Session, query: Query) -> Sequence[_Found]:
    """The businesses that share the most tokens with a query, among those with one of the
    rarest."""
    # Past the object mapper, which has nothing to map here: half the time of a short question.
    return session.connection().execute(_SHARING_TOKENS, {"wanted": query.tokens()}).all()


def _evidence(match: scoring.Match, namesakes: int) -> tuple[str, ...]:
    evidence = ["name:exact" if match.is_exact else f"name:{match.how}"]
    evidence += _street_evidence(match.reading, match.row)
    evidence += _district_evidence(match.reading, match.row.district)
    if namesakes > 1:
        evidence.append(f"namesakes:{namesakes}")
    return tuple(evidence)


def _street_evidence(reading: Reading, row: scoring.Row) -> list[str]:
    if reading.within:
        return ["landmark:inside" if reading.within in row.address else "landmark:elsewhere"]
    if not reading.street:
        return []
    if reading.street != row.street:
        return ["street:elsewhere"]
    evidence = [f"street:{_written_or_heard(reading)}"]
    if reading.number:
        evidence.append("number:same" if reading.number == row.number else "number:other")
    return evidence


def _district_evidence(reading: Reading, district: str) -> list[str]:
    if not reading.district or not district:
        return []
    return ["district:same" if reading.district == district else "district:other"]


def _written_or_heard(reading: Reading) -> str:
    return "written" if reading.heard == "characters" else "heard"


def _candidate(row: _Found, confidence: float, evidence: tuple[str, ...]) -> Candidate:
    return Candidate(
        name=row.name,
        address=row.address,
        lat=row.lat,
        lon=row.lon,
        level=row.point_level,
        confidence=confidence,
        evidence=evidence,
        source=Businesses.name,
        district=row.district,
        business_id=row.id,
        credit_code=row.credit_code,
    )
