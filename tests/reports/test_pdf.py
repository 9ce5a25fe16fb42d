from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from evaluations.records import canonical_json, digest
from evaluations.reports import pdf
from evaluations.reports.pdf import PdfUnavailable, render_pdf
from tests.reports.reading import numbers, render_report, visible_text
from tests.reports.snapshots import SNAPSHOTS, full, inconclusive

CSS = (Path(__file__).parents[2] / "static/css/report-pdf.css").read_text()


def make(snapshot: dict[str, Any]) -> bytes:
    findings = canonical_json(snapshot).encode("utf-8", "surrogatepass")
    return render_pdf(
        render_report(snapshot, "pdf"),
        stylesheets=[CSS],
        attachments={"findings.json": findings},
        created=snapshot["report"]["created_at"],
    )


@cache
def made(name: str) -> bytes:
    return make(SNAPSHOTS[name]())


def text_of(data: bytes, tmp_path: Path) -> str:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is missing; install poppler-utils")
    path = tmp_path / "report.pdf"
    path.write_bytes(data)
    found = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return found.stdout.decode()


def bookmarks(document: pikepdf.Pdf) -> list[str]:
    with document.open_outline() as outline:
        return [str(item.title) for item in outline.root]


@pytest.mark.parametrize("name", sorted(SNAPSHOTS))
def test_the_pdf_is_tagged_bookmarked_and_carries_its_findings(name: str) -> None:
    snapshot = SNAPSHOTS[name]()

    with pikepdf.open(io.BytesIO(made(name))) as document:
        assert document.Root.MarkInfo.Marked
        assert b"pdfuaid" in bytes(document.Root.Metadata.read_bytes())
        assert document.Root.Lang == "en"
        assert "1 Executive verdict" in bookmarks(document)
        attached = document.attachments["findings.json"].get_file().read_bytes()
    assert json.loads(attached) == snapshot
    assert hashlib.sha256(attached).hexdigest() == digest(snapshot)


def test_the_pdf_prints_the_numbers_of_the_page(tmp_path: Path) -> None:
    snapshot = full()
    printed = numbers(text_of(made("full"), tmp_path))

    page = visible_text(render_report(snapshot, "page"))
    wanted = {n for n in numbers(page) if re.search(r"\.\d", n)}

    # Numbers broken over two lines of the PDF are the only ones that may be missing.
    assert len(wanted) > 60
    assert len(wanted - printed) <= 3, wanted - printed


def test_page_two_stands_alone_for_an_executive(tmp_path: Path) -> None:
    pages = text_of(made("full"), tmp_path).split("\f")

    assert "Executive verdict" in pages[1]
    assert "Buy with conditions" in pages[1]
    assert "What to do next" in pages[1]
    assert "Claimed against observed" in pages[2]


def test_the_same_snapshot_gives_the_same_bytes() -> None:
    assert make(SNAPSHOTS["empty"]()) == made("empty")


def test_the_footer_names_the_audit_its_digest_and_the_page(tmp_path: Path) -> None:
    page = text_of(made("full"), tmp_path).split("\f")[2]

    assert re.search(r"Audit A-0031, digest [0-9a-f]{8}…[0-9a-f]{4}", page)
    assert re.search(r"Page 3 of \d+", page)


def test_a_large_audit_is_printed_in_time() -> None:
    html = render_report(inconclusive(), "pdf")

    start = time.process_time()
    render_pdf(html, stylesheets=[CSS])

    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.png", "file:///etc/hostname", "data:image/png;base64,AAAA", "//evil/x"]
)
def test_a_report_loads_nothing_from_outside(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    html = f'<html lang="en"><head><title>t</title></head><body><p>x</p><img alt="y" src="{address}"></body></html>'

    data = render_pdf(html, stylesheets=[f"p {{ background: url({address}) }}"])

    with pikepdf.open(io.BytesIO(data)) as document:
        assert not list(document.pages[0].get_images())


def test_texts_that_xml_cannot_carry_are_replaced() -> None:
    html = '<html lang="en"><head><title>t</title></head><body><p>a\x00b\ud800c</p></body></html>'

    assert render_pdf(html, stylesheets=[]).startswith(b"%PDF")


def test_a_machine_without_pango_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "pdf_problem", lambda: pdf._missing_library(OSError("cannot load libpango")))

    with pytest.raises(PdfUnavailable, match="apt-get install libpango"):
        render_pdf("<p>x</p>", stylesheets=[])
