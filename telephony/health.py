"""Whether messages can leave now, for `/healthz`."""

from kernel.settings import Settings
from telephony.gateways.base import in_use


def health(settings: Settings) -> dict[str, dict[str, object]]:
    """Channel -> {ok, engine, …}; within some seconds, never raises."""
    asked = {channel: gateway.health() for channel, gateway in in_use(settings).items()}
    return {channel: {"ok": found.ok, **found.detail} for channel, found in asked.items()}
