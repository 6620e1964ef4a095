"""The whole system, for the figures that need it."""

from tests.e2e.conftest import browser, running_system, signed_in

__all__ = ["browser", "running_system", "signed_in"]
