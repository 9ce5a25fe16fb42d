"""From the report's HTML to a tagged PDF, without any file or network access.

The same HTML and attachments give the same bytes: dates come from the document's metadata.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluations.reports.svg import printable

PDF_VARIANT: Final = "pdf/ua-1"
_EPOCH: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_log = logging.getLogger(__name__)


class PdfUnavailable(RuntimeError):
    """This machine cannot make PDFs; the message says what is missing and how to install it."""


def pdf_problem() -> str:
    """Why PDFs cannot be made here, or ``""`` when they can."""
    try:
        import weasyprint  # noqa: F401
    except OSError as error:
        return _missing_library(error)
    except ImportError as error:
        return f"The Python package weasyprint cannot be imported ({error}). Run: make install"
    return ""


def render_pdf(
    html: str,
    *,
    stylesheets: Sequence[str],
    attachments: Mapping[str, bytes] | None = None,
    created: str = "",
) -> bytes:
    """The PDF (PDF/UA-1, tagged, bookmarked) of ``html``, styled by the texts in ``stylesheets``.

    ``attachments``: name to content, embedded in the file. ``created``: ISO moment of the snapshot, the
    date of every attachment. Nothing outside the arguments is read: every URL is refused. Raises
    :class:`PdfUnavailable` where the system library is missing.
    """
    problem = pdf_problem()
    if problem:
        raise PdfUnavailable(problem)
    from weasyprint import CSS, HTML

    fetcher = _deny_all()
    sheets = [CSS(string=text, url_fetcher=fetcher, base_url=None) for text in stylesheets]
    html = printable(html)
    document = HTML(string=html, base_url=None, url_fetcher=fetcher)
    data: bytes = document.write_pdf(
        stylesheets=sheets,
        attachments=_attachments(attachments or {}, _moment(created), fetcher),
        pdf_variant=PDF_VARIANT,
        pdf_identifier=_identifier(html, stylesheets, attachments or {}),
    )
    return data


def _deny_all() -> Any:
    from weasyprint import URLFetcher

    class DenyAll(URLFetcher):  # type: ignore[misc]
        """Refuses every address, so a report can read neither files nor the network."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            _log.warning("the report asked for %.80s; a report may load nothing, so it was refused", url)
            raise ValueError("a report may load nothing from outside")

    return DenyAll(allowed_protocols=(), allow_redirects=False)


def _attachments(files: Mapping[str, bytes], moment: dt.datetime, fetcher: Any) -> list[Any]:
    from weasyprint import Attachment

    return [
        Attachment(
            string=content,
            name=name,
            description=f"{name} of this report",
            created=moment,
            modified=moment,
            relationship="Data",
            url_fetcher=fetcher,
        )
        for name, content in sorted(files.items())
    ]


def _moment(iso: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(iso.replace("Z", "+00:00"))
    except ValueError:
        return _EPOCH


def _identifier(html: str, stylesheets: Sequence[str], attachments: Mapping[str, bytes]) -> bytes:
    found = hashlib.sha256(html.encode("utf-8", "surrogatepass"))
    for text in stylesheets:
        found.update(text.encode("utf-8", "surrogatepass"))
    for name in sorted(attachments):
        found.update(name.encode() + b"\0" + attachments[name])
    return found.hexdigest()[:32].encode()


def _missing_library(error: OSError) -> str:
    return (
        f"The system library Pango is missing ({str(error).splitlines()[0][:120]}). Install it and start "
        "again: on Debian or Ubuntu 'apt-get install libpango-1.0-0 libpangoft2-1.0-0', on Fedora 'dnf "
        "install pango', on macOS 'brew install pango'. Everything but the PDF works without it."
    )
