"""Vehicle positions: terminals, tracks by day, the present, quarantine, strangers."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geography, Geometry
from sqlalchemy.dialects.postgresql import JSONB, REAL

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

ENSURE_PARTITIONS = """
create function gps.ensure_partitions(first date, last date) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    day date;
    part text;
    made integer := 0;
begin
    -- Two processes that start at once make them one after the other.
    perform pg_advisory_xact_lock(hashtext('gps.ensure_partitions'));
    for day in select generate_series(first, last, interval '1 day')::date loop
        part := 'fixes_' || to_char(day, 'YYYYMMDD');
        continue when to_regclass('gps.' || part) is not null;
        execute format('create table gps.%I (like gps.fixes including all)', part);
        -- Fixes that came before their day's partition wait in the default one.
        execute format(
            'with early as (delete from gps.fixes_default'
            ' where fixed_at >= %L and fixed_at < %L returning *)'
            ' insert into gps.%I select * from early',
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC', part);
        execute format(
            'alter table gps.fixes attach partition gps.%I for values from (%L) to (%L)',
            part, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
        made := made + 1;
    end loop;
    return made;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "terminals",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("protocol", sa.String(20), nullable=False),
        sa.Column("name", sa.String(80), server_default="", nullable=False),
        sa.Column("organisation_id", sa.BigInteger()),
        sa.Column("enabled", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("listen_port", sa.Integer()),
        sa.Column("settings", JSONB(), server_default="{}", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_terminals"),
        sa.UniqueConstraint("identity", name="uq_terminals_identity"),
        sa.UniqueConstraint("listen_port", name="uq_terminals_listen_port"),
        schema="gps",
    )
    _fixes()
    op.create_table(
        "latest",
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fixed_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("geog", Geography("POINT", srid=4326, spatial_index=False), nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint("terminal_id", name="pk_latest"),
        sa.ForeignKeyConstraint(
            ["terminal_id"],
            ["gps.terminals.id"],
            name="fk_latest_terminal_id_terminals",
            ondelete="CASCADE",
        ),
        schema="gps",
    )
    op.create_index("ix_latest_geog", "latest", ["geog"], schema="gps", postgresql_using="gist")
    # Every row changes once a second: leave room, and clean up early.
    op.execute(
        "alter table gps.latest set (fillfactor = 70, autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_threshold = 20000)"
    )
    _oddities()


def _measures() -> list[sa.Column[float]]:
    return [
        sa.Column("speed_kmh", REAL()),
        sa.Column("course", REAL()),
        sa.Column("alt_m", REAL()),
        sa.Column("flags", sa.SmallInteger(), nullable=False),
    ]


def _fixes() -> None:
    op.create_table(
        "fixes",
        sa.Column("terminal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fixed_at", TIME, nullable=False),
        sa.Column("geom", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        *_measures(),
        sa.PrimaryKeyConstraint("terminal_id", "fixed_at", "geom", name="pk_fixes"),
        schema="gps",
        postgresql_partition_by="RANGE (fixed_at)",
    )
    op.create_index(
        "ix_fixes_fixed_at", "fixes", ["fixed_at"], schema="gps", postgresql_using="brin"
    )
    op.execute("create table gps.fixes_default partition of gps.fixes default")
    op.execute(ENSURE_PARTITIONS)


def _oddities() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("terminal_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("fixed_at", TIME),
        sa.Column("lat", sa.Float()),
        sa.Column("lon", sa.Float()),
        sa.Column("speed_kmh", sa.Float()),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        schema="gps",
    )
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], schema="gps")
    op.create_index(
        "ix_quarantine_terminal_id_received_at",
        "quarantine",
        ["terminal_id", "received_at"],
        schema="gps",
    )
    op.create_table(
        "unknown_identities",
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("protocol", sa.String(20), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("identity", "protocol", name="pk_unknown_identities"),
        schema="gps",
    )
    op.create_index(
        "ix_unknown_identities_last_seen_at", "unknown_identities", ["last_seen_at"], schema="gps"
    )


def downgrade() -> None:
    op.execute("drop function gps.ensure_partitions(date, date)")
    for table in ("unknown_identities", "quarantine", "latest", "fixes", "terminals"):
        op.drop_table(table, schema="gps")
