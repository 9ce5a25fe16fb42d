"""One audit on its page: live progress, start, cancel, and what comes out."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse

from evaluations import tasks
from evaluations.models import Audit, AuditState, Report, Run, RunState
from evaluations.services import audits, files
from tests.views import world

pytestmark = pytest.mark.django_db
SLUG = "northmoor"


def text_of(answer: Any) -> str:
    body = answer.content.decode().replace("&#x27;", "'").replace("&quot;", '"')
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    queues: list[str] = []
    monkeypatch.setattr(tasks.work, "apply_async", lambda *, queue, **kwargs: queues.append(queue))
    return queues


def url(name: str) -> str:
    return reverse(name, args=[SLUG, 1])


@pytest.fixture
def locked(workspace: Any, alice: Any, now: Any) -> Audit:
    return world.locked_audit(workspace, alice, now)


def test_a_running_audit_asks_for_its_progress_until_it_ends(
    locked: Audit, alice: Any, now: Any, as_alice: Client
) -> None:
    audits.start(audit=locked, user=alice, now=now)
    answer = as_alice.get(url("audit_progress")).content.decode()
    assert f'hx-get="{url("audit_progress")}" hx-trigger="every 2s"' in answer
    assert "0 of 24" in answer
    audits.cancel(audit=locked, user=alice, now=now)
    answer = as_alice.get(url("audit_progress")).content.decode()
    assert "hx-trigger" not in answer
    assert "Stored answers are kept" in answer


def test_a_running_audit_offers_to_look_again_without_javascript(
    locked: Audit, alice: Any, now: Any, as_alice: Client
) -> None:
    assert "Look again" not in as_alice.get(url("audit_detail")).content.decode()
    audits.start(audit=locked, user=alice, now=now)
    assert "<noscript>" in as_alice.get(url("audit_detail")).content.decode()
    assert "Look again" in as_alice.get(url("audit_detail")).content.decode()


def test_an_audit_that_is_started_twice_has_one_run_a_model(
    locked: Audit, as_alice: Client, woken: list[str]
) -> None:
    for _ in range(2):
        assert as_alice.post(url("audit_start")).status_code == 302
    assert Run.objects.count() == 2
    locked.refresh_from_db()
    assert locked.state == AuditState.RUNNING
    assert set(woken) == {"cpu"}


def test_a_locked_audit_offers_to_start_and_a_viewer_only_looks(
    locked: Audit, as_alice: Client, as_bob: Client
) -> None:
    assert url("audit_start") in as_alice.get(url("audit_detail")).content.decode()
    page = as_bob.get(url("audit_detail")).content.decode()
    assert url("audit_start") not in page
    assert url("audit_cancel") not in page


def test_an_ended_audit_cannot_be_cancelled(locked: Audit, alice: Any, now: Any, as_alice: Client) -> None:
    as_alice.post(url("audit_cancel"))
    again = as_alice.post(url("audit_cancel"), follow=True)
    assert "A-0001 is cancelled; it cannot be cancelled" in text_of(again)


def test_a_failed_run_says_why_on_the_page(locked: Audit, alice: Any, now: Any, as_alice: Client) -> None:
    audits.start(audit=locked, user=alice, now=now)
    Run.objects.filter(model__name="Orrery 4").update(
        state=RunState.FAILED, failure="outputs.jsonl: line 3 <b>broken</b>"
    )
    page = as_alice.get(url("audit_detail"))
    assert "outputs.jsonl: line 3 &lt;b&gt;broken" in page.content.decode()


def test_the_locked_plan_is_exported_as_a_spec(locked: Audit, as_alice: Client) -> None:
    answer = as_alice.get(url("audit_spec"))
    assert answer["Content-Disposition"] == 'attachment; filename="A-0001.yaml"'
    assert yaml.safe_load(answer.content)["student"] == "docket-8b"


def test_an_audit_without_a_report_has_no_report_page(locked: Audit, as_alice: Client) -> None:
    for name in ("report_page", "report_pdf", "report_json"):
        assert as_alice.get(url(name)).status_code == 404


def test_a_finished_audit_leads_to_its_report_and_files(
    workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    audit = world.finished_audit(workspace, alice, now)
    assert audit.state == AuditState.FINISHED, audit.failure
    report = Report.objects.get()
    assert "The report is ready" in text_of(as_alice.get(url("audit_detail")))
    page = as_alice.get(url("report_page"))
    assert "Docket 8B on Support tickets" in text_of(page)
    assert report.digest[:8] in text_of(page)
    frozen = as_alice.get(url("report_json"))
    assert hashlib.sha256(frozen.content).hexdigest() == report.digest == frozen["X-Content-SHA256"]
    assert json.loads(frozen.content)["report"]["number"] == "A-0001"
    pdf = as_alice.get(url("report_pdf"))
    content = b"".join(pdf.streaming_content)
    assert content.startswith(b"%PDF")
    assert hashlib.sha256(content).hexdigest() == pdf["X-Content-SHA256"]
    files.path_of(report.pdf_name).unlink()
    gone = as_alice.get(url("report_pdf"))
    assert gone.status_code == 404
    assert "no longer in the data folder" in text_of(gone)


def test_a_missing_pdf_is_explained(
    without_pango: str, workspace: Any, alice: Any, now: Any, as_alice: Client
) -> None:
    world.finished_audit(workspace, alice, now)
    answer = as_alice.get(url("report_pdf"))
    assert answer.status_code == 404
    assert without_pango in text_of(answer)
    assert without_pango in text_of(as_alice.get(url("report_page")))
    overview = text_of(as_alice.get(reverse("overview", args=[SLUG])))
    assert "Docket 8B on Support tickets" in overview
    assert "Re-evaluations due 1" in overview
    assert "Docket 8B on Support tickets" in text_of(as_alice.get(reverse("audit_list", args=[SLUG])))
