"""`command-center gps partitions`: the days of positions, put away and brought back by hand."""

import click

from command_center.engines.database import running_database
from gps_ingest.days import Day, Days
from kernel.access import system
from kernel.db import Database
from kernel.errors import AppError
from kernel.settings import load

PRINCIPAL = system("command line")


def table(put_away: str | None, bring_back: str | None) -> bool:
    """Do what is asked, then print every day; False when a file is not sound."""
    settings = load()
    days = Days(settings.var_dir, settings.track_days)
    with running_database(settings) as url:
        database = Database(url, pool_size=1)
        try:
            with database.unit_of_work(PRINCIPAL) as session:
                if put_away:
                    days.put_away(session, f"fixes_{put_away}")
                if bring_back:
                    days.bring_back(session, f"fixes_{bring_back}")
            with database.unit_of_work(PRINCIPAL) as session:
                found = days.listed(session)
        except AppError as error:
            raise click.ClickException(f"{error.code}: {error.params}") from error
        finally:
            database.close()
    sound = [days.is_sound(day) for day in found]
    for day, is_sound in zip(found, sound, strict=True):
        click.echo(_line(day, is_sound))
    return all(sound)


def _line(day: Day, is_sound: bool) -> str:
    where = "attached" if day.is_attached else "put away"
    file = "" if day.file is None else f"  {day.file.name}{'' if is_sound else '  DAMAGED'}"
    return f"{day.name[6:]}  {where}  {day.fixes:>12,}  {day.bytes / 1e6:>9,.1f} MB{file}"
