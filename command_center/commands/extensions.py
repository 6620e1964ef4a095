"""`command-center extensions`: the exchange's phones and what each signs in with."""

import click

from kernel.settings import load
from telephony.exchange import extension_secret


@click.command()
def extensions() -> None:
    """List every extension with its password, for whoever sets up the phones."""
    settings = load()
    click.echo(f"# SIP registrar: this machine, UDP port {settings.sip_port}", err=True)
    for one in settings.extension_numbers:
        click.echo(f"{one}\t{extension_secret(settings, one)}")
