"""Alembic's entry: which tables are ours and how their types are written."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection

from command_center.migrations.schema import PARTITION, VERSION_SCHEMA, import_models
from kernel.db import SCHEMAS, Base


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Only the rooms' schemas, and no daily partition: those are made while running."""
    if kind == "schema":
        return name in SCHEMAS
    if kind == "table":
        return name is not None and PARTITION.fullmatch(name) is None
    return True


def run(connection: Connection) -> None:
    import_models()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_name=include_name,
        include_object=alembic_helpers.include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        version_table_schema=VERSION_SCHEMA,
        compare_type=True,
        compare_server_default=False,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
