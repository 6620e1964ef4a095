"""The cookies of the door. In production their names bind them to this host and to TLS."""

from typing import Any

from flask import Response, request

from kernel.settings import Settings

SESSION, CHALLENGE, DEVICE, PROVIDER = "cc_session", "cc_challenge", "cc_device", "cc_provider"


def name(settings: Settings, cookie: str) -> str:
    """`__Host-` makes browsers refuse the cookie from another host, or without TLS."""
    return cookie if settings.is_demo else f"__Host-{cookie}"


def read(settings: Settings, cookie: str) -> str:
    """The present request's cookie, or nothing."""
    return request.cookies.get(name(settings, cookie), "")


def write(
    response: Response, settings: Settings, cookie: str, value: str, seconds: int, **more: Any
) -> None:
    """Set a cookie that no script reads and no other site sends."""
    given = {"samesite": "Strict", **more}
    response.set_cookie(
        name(settings, cookie),
        value,
        max_age=seconds,
        httponly=True,
        secure=not settings.is_demo,
        **given,
    )


def forget(response: Response, settings: Settings, cookie: str) -> None:
    response.delete_cookie(
        name(settings, cookie), httponly=True, secure=not settings.is_demo, samesite="Strict"
    )
