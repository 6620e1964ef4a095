"""What the page of signing in knows before anybody has."""

from typing import Any

import pytest

from command_center.app import create_app
from kernel.settings import Settings

OIDC = {
    "oidc_issuer": "https://id.example",
    "oidc_client_id": "centre",
    "oidc_client_secret": "a secret",
}


@pytest.mark.parametrize(
    ("given", "provider"),
    [
        ({}, None),
        (OIDC, {"label": ""}),
        ({**OIDC, "oidc_label": "政务账号"}, {"label": "政务账号"}),
    ],
)
def test_it_offers_the_identity_provider_that_there_is(
    settings: Settings, given: dict[str, Any], provider: dict[str, str] | None
) -> None:
    app = create_app(settings.model_copy(update=given))
    told = app.test_client().get("/api/v1/config").get_json()
    assert told["provider"] == provider
    assert told["trusted_device_days"] == settings.trusted_device_days
