"""HTML to PDF pages by WeasyPrint: whatever stands in it, nothing is fetched, from nowhere."""

from typing import Any


def laid_out(html: str, style: str = "") -> Any:
    """WeasyPrint's document of this page, its fonts embedded; takes about a second."""
    from weasyprint import CSS, HTML  # half a second, and only those who render need it
    from weasyprint.urls import URLFetcher

    nothing = URLFetcher(allowed_protocols=())
    sheet = CSS(string=style, url_fetcher=nothing)
    return HTML(string=html, url_fetcher=nothing).render(stylesheets=[sheet])
