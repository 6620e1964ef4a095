"""The command line. A verb's module is imported only when the verb is called."""

import os
import sys
from errno import EPIPE
from importlib import import_module

import click

VERBS = {
    "up": ("command_center.commands.up:up", "Start the whole command centre."),
    "serve": ("command_center.commands.serve:serve", "Run the web process."),
    "ingest": ("command_center.commands.ingest:ingest", "Run the vehicle listeners."),
    "worker": ("command_center.commands.worker:worker", "Run deliveries, timers and reports."),
    "fax-simulator": (
        "command_center.commands.fax_simulator:fax_simulator",
        "Run the simulated fax engine (demo).",
    ),
    "call-reports": (
        "command_center.commands.call_reports:call_reports",
        "Tell what became of the exchange's calls.",
    ),
    "extensions": (
        "command_center.commands.extensions:extensions",
        "List the exchange's phones with their passwords.",
    ),
    "migrate": (
        "command_center.commands.migrate:migrate",
        "Bring the database to the newest schema.",
    ),
    "seed": ("command_center.commands.seed:seed", "Fill an empty database with the demo city."),
    "simulate": ("command_center.demo.simulator:simulate", "Let the demo city live."),
    "audit": (
        "command_center.commands.audit:audit",
        "Prove and anchor the log of who did what.",
    ),
    "deadline": ("command_center.commands.deadline:deadline", "When a legal limit ends, and why."),
    "doctor": ("command_center.commands.doctor:doctor", "Check versions, engines and settings."),
    "keys": ("command_center.commands.keys:keys", "Keys of identities: status, rotate, retire."),
    "gps": ("command_center.commands.gps:gps", "Vehicle positions: captured input, terminals."),
    "maps": ("command_center.commands.maps:maps", "Business registry and geocoding."),
}


class LazyGroup(click.Group):
    """A group that knows its verbs by name and loads the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, _, attribute = VERBS[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """What the operator can mend is told in one line."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if line := _in_one_line(error):
                raise click.ClickException(line) from error
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing a single one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


def _in_one_line(error: Exception) -> str | None:
    """Of wrong settings, absent engines and full disks; None where the defect is ours."""
    import psycopg
    import sqlalchemy.exc
    from pydantic import ValidationError

    from command_center.engines.process import EngineError

    if isinstance(error, ValidationError) and error.title == "Settings":
        return "; ".join(_fault(found["loc"], found["msg"]) for found in error.errors())
    cause = error.orig if isinstance(error, sqlalchemy.exc.OperationalError) else error
    if isinstance(cause, psycopg.OperationalError):
        return f"the database does not answer: {str(cause).strip().splitlines()[0]}"
    if isinstance(error, EngineError) or (isinstance(error, OSError) and error.errno != EPIPE):
        return str(error)
    return None


def _fault(place: tuple[int | str, ...], message: str) -> str:
    named = "".join(f"CC_{str(part).upper()}: " for part in place)
    return named + message.removeprefix("Value error, ")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="command-center")
def main() -> None:
    """Dispatch and enforcement command centre for market-supervision bureaus.

    Answers go to stdout, logs to stderr. Settings are CC_* environment variables.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))
    # A filter's input and output are UTF-8 whatever the terminal's locale says.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
