"""HTML to PDF pages by WeasyPrint: whatever stands in it, nothing is fetched, from nowhere.

A picture comes within the page (`data:`) or not at all.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from gevent import get_hub, monkey

T = TypeVar("T")


def laid_out(html: str, style: str = "") -> Any:
    """WeasyPrint's document of this page, its fonts embedded; takes about a second."""
    from weasyprint import CSS, HTML  # half a second, and only those who render need it
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=("data",))
    sheet = CSS(string=style, url_fetcher=nothing)
    return HTML(string=html, url_fetcher=nothing).render(stylesheets=[sheet])


def beside_the_loop(make: Callable[..., T], *given: Any) -> T:
    """What `make` gives: layout takes a second of a core, so under gevent a real thread does it."""
    if not monkey.is_module_patched("threading"):
        return make(*given)
    # Its import runs a program (ldconfig), and gevent starts programs from the main thread alone.
    import weasyprint  # noqa: F401

    made: T = get_hub().threadpool.apply(make, given)
    return made
