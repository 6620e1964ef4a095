"""A report's narrative moves to its informant's row and back; nothing is lost on the way."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection, create_engine, text

from command_center.migrations import schema

REF = UUID("11111111-1111-4111-8111-111111111111")
CASE = (
    "insert into cases.cases (case_no, kind, state, organisation_id, organisation_path, centre_id,"
    " channel, received_at, changed_at, sealed_narrative, reporter_ref)"
    " select :no, :kind, 'REGISTERED', id, path, id, 'phone', now(), now(), :words, :ref"
    " from accounts.organisations"
)
NARRATIVES = (
    "select c.case_no, c.sealed_narrative, r.sealed, r.sealed_narrative from cases.cases c"
    " left join cases.reporter_identity r on r.ref = c.reporter_ref order by c.case_no"
)


def fill(connection: Connection) -> None:
    connection.execute(
        text(
            "insert into accounts.organisations (code, kind, name, path, region_code)"
            " values ('b', 'bureau', '局', '/1/', '110000')"
        )
    )
    connection.execute(
        text("insert into cases.reporter_identity (ref, sealed) values (:ref, 'sealed person')"),
        {"ref": REF},
    )
    for no, kind, words, ref in (
        ("JB1", "JB", b"named", REF),
        ("JB2", "JB", b"anonymous", None),
        ("JB3", "JB", None, None),
        ("TS1", "TS", b"complaint", None),
    ):
        connection.execute(text(CASE), {"no": no, "kind": kind, "words": words, "ref": ref})


def test_narratives_of_reports_lie_with_their_informants_and_can_go_back(
    make_database: Callable[[], str],
) -> None:
    url = make_database()
    schema.downgrade(url, "0007")
    engine = create_engine(url)
    with engine.begin() as connection:
        fill(connection)
        before = connection.execute(
            text("select case_no, sealed_narrative, reporter_ref from cases.cases order by case_no")
        ).all()
    schema.upgrade(url)
    with engine.begin() as connection:
        moved = [tuple(row) for row in connection.execute(text(NARRATIVES))]
    schema.downgrade(url, "0007")
    with engine.begin() as connection:
        after = connection.execute(
            text("select case_no, sealed_narrative, reporter_ref from cases.cases order by case_no")
        ).all()
    engine.dispose()
    assert moved == [
        ("JB1", None, b"sealed person", b"named"),
        ("JB2", None, None, b"anonymous"),
        ("JB3", None, None, None),
        ("TS1", b"complaint", None, None),
    ]
    assert after == before
