"""The page of the live sample, before the first, at work, at the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from evaluations.models import Audit, Finding, LiveSample, LiveState, LiveStep
from evaluations.services import live
from tests.views import world

pytestmark = pytest.mark.django_db
PAGE = reverse("overview_live", args=["northmoor"])


def owners(audit: Audit, status: str) -> None:
    """Give an audit one verdict on Orrery."""
    Finding.objects.filter(audit=audit, kind="provenance").delete()
    payload = {"owners": [{"owner": "Orrery", "status": status}]}
    Finding.objects.create(
        audit=audit, kind="provenance", payload=payload, digest="0" * 64, created_at=audit.locked_at
    )


def finished(workspace: Any, alice: Any, now: datetime, *, recorded: str) -> LiveSample:
    """A live sample that ended in "supported", beside a recorded one that ended in ``recorded``."""
    audit = world.finished_audit(workspace, alice, now)
    owners(audit, "supported")
    twin = Audit.objects.get(pk=audit.pk)
    twin.pk, twin.number, twin.is_sample = None, 2, True
    twin.save()
    owners(twin, recorded)
    made = LiveSample.objects.create(
        workspace=workspace, state=LiveState.FINISHED, audits=[audit.number], started_at=now,
        finished_at=now + timedelta(seconds=204),
    )  # fmt: skip
    LiveStep.objects.create(
        live=made, position=0, wave=0, key="bramble-base", done=True, said="bramble-base: answers 0.88"
    )
    return made


def test_before_the_first_an_analyst_may_start_and_a_viewer_reads(
    workspace: Any, alice: Any, bob: Any, client_for: Any
) -> None:
    assert "Run it live" in client_for(alice).get(PAGE).content.decode()
    assert "Run it live" not in client_for(bob).get(PAGE).content.decode()


def test_without_torch_the_page_says_how_to_install_it(
    workspace: Any, alice: Any, client_for: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "find_spec", lambda name: None)
    answer = client_for(alice).post(reverse("overview_live_start", args=["northmoor"]), follow=True)
    assert "make install-ml" in answer.content.decode()
    assert not LiveSample.objects.exists()


def test_the_same_verdicts_are_said_to_be_the_same(
    workspace: Any, alice: Any, bob: Any, now: datetime, client_for: Any
) -> None:
    finished(workspace, alice, now, recorded="supported")
    page = client_for(bob).get(PAGE).content.decode()
    assert "The same verdicts as in the recorded sample" in page
    assert "Supported" in page
    assert "or data shared with it" in page
    assert "answers 0.88" in page


def test_other_verdicts_are_not_hidden(
    workspace: Any, alice: Any, bob: Any, now: datetime, client_for: Any
) -> None:
    finished(workspace, alice, now, recorded="inconclusive")
    page = client_for(bob).get(PAGE).content.decode()
    assert "Not all verdicts are those of the recorded sample" in page
    assert "Inconclusive" in page


def test_a_failure_is_shown_with_its_reason(workspace: Any, bob: Any, now: datetime, client_for: Any) -> None:
    LiveSample.objects.create(
        workspace=workspace, state=LiveState.FAILED, failure="base: too weak", started_at=now
    )
    assert "base: too weak" in client_for(bob).get(PAGE).content.decode()
