"""The pages of distillation plans: make one, see it, act on it by role."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from evaluations.models import DistillationPlan, PlanState, Sample, StudentState, SuiteVersion, WorkUnit
from evaluations.services import queue, runs, workspaces
from evaluations.services.distillation import plans
from tests.services.distilling import make_plan, make_prompts, make_teacher

pytestmark = pytest.mark.django_db


def url(name: str, *args: Any) -> str:
    return reverse(name, args=["northmoor", *args])


@pytest.fixture
def approver(workspace: Any, now: datetime) -> Any:
    return workspaces.add_person(
        workspace=workspace, username="ann", role="approver", password="ann", now=now
    )


@pytest.fixture
def analyst(workspace: Any, now: datetime) -> Any:
    return workspaces.add_person(workspace=workspace, username="al", role="analyst", password="al", now=now)


def answers(workspace: Any, now: datetime, **changes: Any) -> dict[str, Any]:
    """What a person fills in."""
    teacher = make_teacher(workspace, now=now)
    return {
        "token": "t1",
        "title": "Controls",
        "suite_version": make_prompts(workspace, now=now, name="Verdict", n=8, first=40).pk,
        "prompts": make_prompts(workspace, now=now).pk,
        "teachers": [teacher.pk],
        "teaching": ["greedy"],
        "negative": ["targets"],
        "seeds": 1,
        "currency": "USD",
    } | changes


def test_a_plan_is_made_from_the_form_once(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    client, given = client_for(analyst), answers(workspace, now)
    first = client.post(url("model_plan_new"), given)
    second = client.post(url("model_plan_new"), given)
    assert first["Location"] == second["Location"] == url("model_plan", 1)
    plan = DistillationPlan.objects.get()
    assert plan.plan["recipes"] == ["greedy", "targets"]
    assert plan.created_by == analyst
    page = client.get(url("model_plan", 1)).content.decode()
    assert "A worker checks the plan" in page
    assert "An approver or an admin of this workspace must acknowledge" in page


def test_pasted_prompts_become_a_suite_version_unchanged(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    lines = "\r\n".join(f"  Ask {i}, please " for i in range(30))
    given = answers(workspace, now, prompts="", pasted=lines, negative=[])
    assert client_for(analyst).post(url("model_plan_new"), given).status_code == 302
    plan = DistillationPlan.objects.get()
    inputs = list(
        Sample.objects.filter(version=plan.prompts).order_by("position").values_list("input", flat=True)
    )
    assert inputs == [f"  Ask {i}, please " for i in range(30)]


def test_an_uploaded_file_of_prompts_is_read(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    content = "\n".join(f'{{"prompt": "Ask {i}"}}' for i in range(30)).encode()
    given = answers(workspace, now, prompts="", negative=[])
    given["uploaded"] = SimpleUploadedFile("more.jsonl", content)
    assert client_for(analyst).post(url("model_plan_new"), given).status_code == 302
    assert DistillationPlan.objects.get().prompts.sample_count == 30


def test_two_sources_of_prompts_are_one_too_many(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    answer = client_for(analyst).post(url("model_plan_new"), answers(workspace, now, pasted="a\nb"))
    assert "found 2 sources, expected one" in answer.content.decode()
    assert not DistillationPlan.objects.exists()


def test_every_refusal_is_shown_and_the_input_kept(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    given = answers(workspace, now, teaching=["logits", "mixed"], title="Kept title")
    page = client_for(analyst).post(url("model_plan_new"), given).content.decode()
    assert "needs the weights of each teacher in a local folder" in page
    assert "needs two teacher candidates" in page
    assert "Kept title" in page
    assert SuiteVersion.objects.count() == 2


def test_an_approver_acknowledges_and_an_analyst_cannot(
    workspace: Any, analyst: Any, approver: Any, now: datetime, client_for: Any
) -> None:
    plan = make_plan(workspace, None, now=now)
    text = {"text": "Agreed with counsel for this evaluation only."}
    assert client_for(analyst).post(url("model_plan_acknowledge", 1), text).status_code == 403
    assert client_for(approver).post(url("model_plan_acknowledge", 1), text).status_code == 302
    plan.refresh_from_db()
    assert plan.acknowledged_by == approver
    page = client_for(analyst).get(url("model_plan", 1)).content.decode()
    assert "Agreed with counsel" in page


def test_a_plan_that_is_not_ready_says_so_when_it_is_started(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    make_plan(workspace, None, now=now)
    client = client_for(analyst)
    page = client.post(url("model_plan_step", 1, "start"), follow=True).content.decode()
    assert "only a plan that is ready can start" in page
    assert client.post(url("model_plan_step", 1, "dance")).status_code == 404


def test_the_page_shows_progress_curve_and_agreement(
    workspace: Any, bob: Any, now: datetime, client_for: Any
) -> None:
    plan = make_plan(workspace, None, now=now)
    plan.students.update(
        state=StudentState.TRAINED, steps=400, steps_done=400, agreement=0.81, agreement_before=0.02,
        losses=[[200, 2.5, None], [400, 0.51, 0.7]], cpu_seconds=12.0, card={"agreement": {"n": 40}},
    )  # fmt: skip
    DistillationPlan.objects.update(state=PlanState.FINISHED)
    page = client_for(bob).get(url("model_plan", 1)).content.decode()
    assert "0.02 before, 0.81 after" in page
    assert "n = 40" in page
    assert "400 of 400" in page
    assert "Held-out loss: 0.700 nats a token at step 400." in page
    student = client_for(bob).get(url("model_plan_student", 1, 1)).content.decode()
    assert "0.510" in student


def test_a_student_that_learnt_nothing_is_said_in_plain_words(
    workspace: Any, bob: Any, now: datetime, client_for: Any
) -> None:
    make_plan(workspace, None, now=now).students.update(state=StudentState.NOTHING_LEARNT)
    page = client_for(bob).get(url("model_plan_student", 1, 1)).content.decode()
    assert "not used as a control" in page


def test_problems_of_a_refused_plan_are_listed(
    workspace: Any, bob: Any, now: datetime, client_for: Any
) -> None:
    plan = make_plan(workspace, None, now=now)
    plans.cancel(plan=plan, user=None, now=now)
    DistillationPlan.objects.update(state=PlanState.REFUSED, problems=["Disk: too little."])
    page = client_for(bob).get(url("model_plan", 1)).content.decode()
    assert "This plan cannot run here" in page
    assert "Disk: too little." in page


def test_stored_answers_are_counted_once_however_many_units_there_are(
    workspace: Any, alice: Any, now: datetime, client_for: Any
) -> None:
    plan = make_plan(workspace, None, now=now)
    DistillationPlan.objects.update(state=PlanState.READY, restricted=[])
    plan.refresh_from_db()
    plans.start(plan=plan, user=alice, now=now)
    run = plan.answers.get().run
    WorkUnit.objects.filter(run=run).update(last=24)
    WorkUnit.objects.create(run=run, first=24, last=48)
    # The check that is left over from the start, and the two parts of the answers.
    for _ in range(3):
        runs.do(queue.claim(queue="cpu", worker="a"))
    page = client_for(alice).get(url("model_plan", 1)).content.decode()
    assert "48 of 48" in page
    assert "A tiny base is trained first" in page


@pytest.fixture
def finished(workspace: Any, now: datetime) -> DistillationPlan:
    """A plan whose one student is trained and whose terms were acknowledged."""
    plan = make_plan(workspace, None, now=now)
    plan.students.update(state=StudentState.TRAINED, steps_done=400)
    DistillationPlan.objects.update(state=PlanState.FINISHED, acknowledged_at=now)
    return DistillationPlan.objects.get()


def test_a_viewer_sees_no_form_and_who_can_help(
    workspace: Any, bob: Any, alice: Any, approver: Any, now: datetime, client_for: Any
) -> None:
    make_plan(workspace, None, now=now)
    DistillationPlan.objects.update(state=PlanState.READY)
    page = client_for(bob).get(url("model_plan", 1)).content.decode()
    assert "These people can: alice, ann." in page
    for name in ("model_plan_acknowledge", "model_plan_delete"):
        assert url(name, 1) not in page
    for step in ("start", "cancel"):
        assert url("model_plan_step", 1, step) not in page


def test_a_checked_plan_is_started_by_an_analyst(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    make_plan(workspace, None, now=now)
    DistillationPlan.objects.update(state=PlanState.READY, restricted=[])
    client = client_for(analyst)
    assert url("model_plan_step", 1, "start") in client.get(url("model_plan", 1)).content.decode()
    client.post(url("model_plan_step", 1, "start"))
    assert DistillationPlan.objects.get().state == PlanState.ANSWERING


def test_a_step_that_is_sent_twice_from_one_form_acts_once(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    make_plan(workspace, None, now=now)
    client, form = client_for(analyst), {"token": "one-form"}
    client.post(url("model_plan_step", 1, "cancel"), form)
    again = client.post(url("model_plan_step", 1, "cancel"), form, follow=True).content.decode()
    assert "cannot be cancelled" not in again
    other = client.post(url("model_plan_step", 1, "cancel"), {"token": "other"}, follow=True)
    assert "D-0001 is cancelled; it cannot be cancelled" in other.content.decode()


def test_an_approver_deletes_and_an_analyst_cannot(
    finished: DistillationPlan, analyst: Any, approver: Any, client_for: Any
) -> None:
    assert url("model_plan_delete", 1) not in client_for(analyst).get(url("model_plan", 1)).content.decode()
    assert client_for(analyst).post(url("model_plan_delete", 1)).status_code == 403
    assert url("model_plan_delete", 1) in client_for(approver).get(url("model_plan", 1)).content.decode()
    page = client_for(approver).post(url("model_plan_delete", 1), follow=True).content.decode()
    assert "1 control student deleted." in page
    assert finished.students.get().state == StudentState.DELETED


def test_a_finished_plan_leads_to_an_audit(finished: DistillationPlan, analyst: Any, client_for: Any) -> None:
    page = client_for(analyst).get(url("model_plan", 1)).content.decode()
    assert "1 of 1 students can be used as controls" in page
    assert f"{url('audit_new')}?version={finished.suite_version_id}" in page


def test_the_moving_part_asks_for_itself_and_ends_with_what_can_be_done(
    finished: DistillationPlan, alice: Any, client_for: Any
) -> None:
    DistillationPlan.objects.update(state=PlanState.TRAINING)
    client, address = client_for(alice), url("model_plan_progress", 1)
    moving = client.get(address).content.decode()
    assert f'hx-get="{address}" hx-trigger="every 2s"' in moving
    assert 'hx-swap-oob="true"' not in moving
    DistillationPlan.objects.update(state=PlanState.FINISHED)
    ended = client.get(address).content.decode()
    assert "hx-trigger" not in ended
    assert 'id="ends" hx-swap-oob="true"' in ended
    assert url("model_plan_delete", 1) in ended


def test_an_empty_list_says_what_control_students_are_for(alice: Any, bob: Any, client_for: Any) -> None:
    page = client_for(alice).get(url("model_plan_list")).content.decode()
    assert "the false-accusation rate never comes from them" in page
    assert "No plans yet" in page
    assert url("model_plan_new") in page
    assert url("model_plan_new") not in client_for(bob).get(url("model_plan_list")).content.decode()


def test_a_refused_file_must_be_chosen_again_and_says_so(
    workspace: Any, analyst: Any, now: datetime, client_for: Any
) -> None:
    given = answers(workspace, now, prompts="", title="Kept title")
    given["uploaded"] = SimpleUploadedFile("more.jsonl", b"{broken")
    page = client_for(analyst).post(url("model_plan_new"), given)
    assert "more.jsonl: line 1: no JSON" in str(page.context["form"].errors["uploaded"])
    assert "Choose more.jsonl again" in page.content.decode()
    assert "Kept title" in page.content.decode()
    assert SuiteVersion.objects.count() == 2
