"""Fits the weights of geocoding (maps/geocoding/weights.json) on generated queries.

Run by hand after a change of `scoring`: `pytest tests/bench/fit_geocoding.py`. A conditional logit:
each query elects one of its candidates or none of them; the weights make what was meant the most
likely. scipy finds them; they are written as data.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from sqlalchemy.orm import Session

from command_center.demo import businesses, roads, sources
from command_center.demo.businesses import DemoBusiness
from kernel.access import system
from kernel.db import Database
from kernel.settings import Settings
from maps.geocoding import scoring
from maps.geocoding.resolver import Geocoder
from maps.geocoding.sources.businesses import rows_for
from tests.bench.bench_geocoding import known, registry
from tests.factories import heard, spoken

__all__ = ["known", "registry"]

SPOKEN, HEARD, STRANGERS = 1_400, 600, 80
SEED = 1001
"""No other program uses it."""
NEVER_HELPS = ("added", "left_out", "cut", "misheard", "slurred", "inexact", "short", "order",
               "number_other", "district_other", "street_elsewhere")  # fmt: skip
HELPS = {"whole": 0.1, "street_written": 1.0, "street_heard": 1.0, "number_same": 1.0,
         "district_same": 0.5}  # fmt: skip
"""What is known without data: a mishap is never likelier than none, a place that agrees helps at
least so much. The demo's names alone would not teach it: hardly one begins another."""
LEAST_HARM = 0.3
ROUNDS = 4
STIFFNESS = 0.02
"""How hard a weight is held near zero: rare mishaps get no absurd ones."""


class Election(NamedTuple):
    """One query: FEATURES by reading, row and form; who was meant (-1: none of the rows)."""

    features: scoring.Numbers
    against: scoring.Numbers
    """By reading."""
    meant: int


def test_fit(registry: Database, known: list[DemoBusiness], settings: Settings) -> None:
    edges = roads.load(Path(settings.var_dir) / "cache")
    others = list(businesses.generate(edges, sources.districts(), 5_000, SEED))
    asked = [(q.text, q.meant.credit_code) for q in spoken.queries(known, SPOKEN, SEED)]
    asked += [
        (q.text, q.meant.credit_code) for q in heard.queries(known, heard.FITTED, HEARD, SEED)
    ]
    asked += [(text, "") for text in spoken.unknown(STRANGERS, SEED)]
    strangers = heard.strangers(known, others, 2 * STRANGERS, SEED)
    asked += [(text, "") for text in strangers[:STRANGERS]]
    asked += [(known[n].street + name, "") for n, name in enumerate(strangers[STRANGERS:])]
    geocoder = Geocoder()
    with registry.unit_of_work(system("fit")) as session:
        elections = [e for text, code in asked if (e := _election(session, geocoder, text, code))]
    named = fitted(elections)
    Path(scoring.__file__).with_name("weights.json").write_text(
        json.dumps(named, indent=2) + "\n", "ascii"
    )


def _election(session: Session, geocoder: Geocoder, text: str, code: str) -> Election | None:
    query = geocoder.read(session, text)
    if not query.readings[0].name:
        return None
    found = rows_for(session, query)
    if not found:
        return None
    rows = [scoring.row(r.id, r.name, r.district, r.street, r.number) for r in found]
    codes = [r.credit_code for r in found]
    return Election(
        scoring.described(query.readings, rows, query.text).astype(np.float32),
        np.array([scoring.against(reading) for reading in query.readings]),
        codes.index(code) if code in codes else -1,
    )


def fitted(elections: list[Election]) -> dict[str, float]:
    """The weights that make the elections' outcomes the most likely."""
    weights = np.concatenate([w for w in scoring.Weights.of(scoring.load_weights())])
    for _ in range(ROUNDS):
        ballots = [_ballot(election, weights) for election in elections]
        lengths = [len(ballot) for ballot in ballots]
        starts = np.cumsum([0, *lengths[:-1]])
        stacked = np.concatenate(ballots)
        elected = starts + [e.meant if e.meant >= 0 else n - 1
                            for e, n in zip(elections, lengths, strict=True)]  # fmt: skip
        found = minimize(
            _unlikelihood,
            np.clip(weights, *zip(*_bounds(), strict=True)),
            (stacked, starts, elected, np.array(lengths)),
            jac=True,
            bounds=_bounds(),
        )
        weights = found.x
        print(f"\n{found.fun:.4f}", end="")  # noqa: T201
    names = (*scoring.FEATURES, *scoring.NOBODY)
    return {name: round(float(w), 3) for name, w in zip(names, weights, strict=True)}


def _bounds() -> list[tuple[float, float]]:
    """The least and the most that each weight may be."""
    limits = dict.fromkeys((*scoring.FEATURES, *scoring.NOBODY), (-99.0, 99.0))
    limits |= dict.fromkeys(NEVER_HELPS, (-99.0, -LEAST_HARM))
    limits |= {"short": (-99.0, 0.0), "order": (-99.0, 0.0)}
    # People seldom name a district in which the place is not; the generators never do.
    limits |= {"district_other": (-99.0, -1.2)}
    limits |= {name: (least, 99.0) for name, least in HELPS.items()}
    return list(limits.values())


def _ballot(election: Election, weights: scoring.Numbers) -> scoring.Numbers:
    """The features of each row's likeliest reading and form, and of none of them."""
    count = len(scoring.FEATURES)
    flat = election.features.transpose(1, 0, 2, 3).reshape(election.features.shape[1], -1, count)
    scores = flat @ weights[:count]
    best = scores.argmax(axis=1)
    reading = best[scores.max(axis=1).argmax()] // election.features.shape[2]
    ballot = np.zeros((len(flat) + 1, len(weights)))
    ballot[:-1, :count] = flat[np.arange(len(flat)), best]
    ballot[-1, count:] = election.against[reading]
    return ballot


def _unlikelihood(
    weights: scoring.Numbers,
    stacked: scoring.Numbers,
    starts: scoring.Numbers,
    elected: scoring.Numbers,
    lengths: scoring.Numbers,
) -> tuple[float, scoring.Numbers]:
    """The mean negative logarithm of the likelihood, and its gradient."""
    utilities = stacked @ weights
    most = np.maximum.reduceat(utilities, starts)
    shares = np.exp(utilities - np.repeat(most, lengths))
    sums = np.add.reduceat(shares, starts)
    shares /= np.repeat(sums, lengths)
    count = len(starts)
    loss = -(utilities[elected] - most - np.log(sums)).mean()
    gradient = (shares @ stacked - stacked[elected].sum(axis=0)) / count
    loss += STIFFNESS / count * weights @ weights
    return float(loss), gradient + 2 * STIFFNESS / count * weights
