"""The pages in a real Chromium: files picked by a person, htmx, widths, and axe in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page

from evaluations.models import Audit, ControlStudent, DistillationPlan, Model, SuiteVersion
from evaluations.services import audits, intake
from tests.services.distilling import make_plan
from tests.shared_data import shared_path
from tests.views import endpoint, world

SLUG = "northmoor"


@pytest.fixture
def signed_in(page: Page, live_server: Any, workspace: Any, alice: Any) -> Iterator[Page]:
    """Alice's browser after she signed in; a message on its console fails the test."""
    said: list[str] = []
    page.on(
        "console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{live_server.url}/")
    page.get_by_label("Username").or_(page.locator("[name=login]")).first.fill("alice")
    page.locator("[name=password]").fill("alice")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/w/{SLUG}/")
    yield page
    assert said == []


def go(page: Page, live_server: Any, name: str, *args: Any) -> None:
    page.goto(live_server.url + reverse(name, args=[SLUG, *args]))


@pytest.mark.parametrize(
    ("file", "n_samples", "rule"),
    [("banking77_test.csv", 3080, "any_of"), ("gsm8k_test.jsonl", 300, "after_marker")],
)
def test_a_person_uploads_a_published_suite(
    file: str, n_samples: int, rule: str, signed_in: Page, live_server: Any
) -> None:
    go(signed_in, live_server, "suite_new")
    signed_in.get_by_label("Name").fill("Published")
    signed_in.locator("[name=file]").set_input_files(shared_path(f"suites/{file}"))
    signed_in.get_by_role("button", name="Upload and check columns").click()
    assert signed_in.get_by_label("A right answer").input_value() == rule
    signed_in.get_by_role("button", name=f"Save {n_samples:,} samples").click()
    signed_in.get_by_text(f"Version 1 is saved with {n_samples:,} samples").wait_for()
    assert SuiteVersion.objects.get().sample_count == n_samples


def test_a_connection_test_keeps_the_form_and_shows_no_key(
    signed_in: Page, live_server: Any, settings: Any
) -> None:
    with endpoint.serving() as port:
        settings.ENDPOINT_ALLOW = (f"127.0.0.1:{port}",)
        go(signed_in, live_server, "model_new_endpoint")
        signed_in.get_by_label("Base URL").fill(f"http://127.0.0.1:{port}/v1")
        signed_in.get_by_label("Model name there").fill("docket-8b")
        signed_in.locator("[name=api_key]").fill("sk-right-key")
        signed_in.get_by_role("button", name="Test connection").click()
        signed_in.get_by_text("Check passed. Nothing was stored.").wait_for()
        assert not Model.objects.exists()
        assert "sk-right-key" not in signed_in.content()
        signed_in.locator("[name=name]").fill("Docket 8B")
        signed_in.get_by_role("button", name="Test and register").click()
        signed_in.get_by_text("Docket 8B is registered").wait_for()
    assert "Stored on" in signed_in.locator("main").inner_text()


def test_progress_moves_by_itself_and_an_open_question_stays_open(
    signed_in: Page, live_server: Any, workspace: Any, alice: Any, now: Any
) -> None:
    audit = world.locked_audit(workspace, alice, now)
    audits.start(audit=audit, user=alice, now=now)
    go(signed_in, live_server, "audit_detail", 1)
    signed_in.get_by_text("Cancel this audit").click()
    with signed_in.expect_response("**/progress/"):
        pass
    assert signed_in.get_by_role("button", name="Cancel A-0001 now").is_visible()
    audits.cancel(audit=Audit.objects.get(), user=alice, now=now)
    signed_in.get_by_text("Stored answers are kept. A new audit").wait_for()
    signed_in.get_by_text("Cancel this audit").wait_for(state="detached")


def test_the_numbers_of_a_live_curve_stay_open_while_it_moves(
    filled: dict[str, int], signed_in: Page, live_server: Any
) -> None:
    go(signed_in, live_server, "model_plan", 1)
    signed_in.get_by_text("The numbers of the curve").click()
    assert signed_in.get_by_role("cell", name="3.100").is_visible()
    ControlStudent.objects.update(steps_done=50, losses=[[50, 1.5, 1.9]])
    signed_in.get_by_role("cell", name="1.900").wait_for()
    signed_in.get_by_text("The numbers of the curve").click()
    ControlStudent.objects.update(steps_done=60, losses=[[60, 1.4, 1.8]])
    signed_in.get_by_text("60 of").first.wait_for()
    assert not signed_in.get_by_role("cell", name="1.800").is_visible()


@pytest.fixture
def filled(workspace: Any, alice: Any, now: Any) -> dict[str, int]:
    """A workspace with something on every page."""
    audit = world.locked_audit(workspace, alice, now)
    suite = audit.suite_version.suite
    content = [b"id,question,answer\n1,a,b\n1,c,d\n2,e,f\n"]
    upload = intake.new_version(suite=suite, user=alice, filename="more.csv", chunks=content)
    plan = make_plan(workspace, None, now=now)
    plan.students.update(
        state="training", steps_done=40, losses=[[10, 4.2, None], [20, 2.9, 3.1], [40, 1.7, 2.2]]
    )
    DistillationPlan.objects.update(state="training")
    return {"suite": suite.pk, "upload": upload.pk, "model": audit.audit_models.first().model_id}


def addresses(filled: dict[str, int]) -> list[str]:
    names: list[tuple[str, tuple[int, ...]]] = [
        *((name, ()) for name in ("overview", "audit_list", "suite_list", "suite_new", "model_list", "model_new")),
        *((name, ()) for name in ("model_new_endpoint", "model_new_local", "model_new_recorded", "panel_list")),
        *((name, ()) for name in ("workload_list", "workload_new", "member_list", "event_list", "audit_new")),
        ("model_plan_list", ()), ("model_plan_new", ()), ("overview_live", ()),
        ("model_plan", (1,)), ("model_plan_student", (1, 1)),
        ("audit_detail", (1,)), ("audit_samples", (1,)), ("suite_detail", (filled["suite"],)),
        ("suite_version", (filled["suite"], 1)), ("suite_mapping", (filled["upload"],)),
        ("model_detail", (filled["model"],)), ("model_edit", (filled["model"],)),
    ]  # fmt: skip
    query = f"?student={filled['model']}&suite={filled['suite']}"
    return [
        *(reverse(name, args=[SLUG, *args]) for name, args in names),
        reverse("audit_new", args=[SLUG]) + query,
    ]


def test_no_page_scrolls_sideways_and_each_has_a_title_and_one_heading(
    filled: dict[str, int], signed_in: Page, live_server: Any
) -> None:
    titles = set()
    for width in (390, 1024):
        signed_in.set_viewport_size({"width": width, "height": 900})
        for address in addresses(filled):
            signed_in.goto(live_server.url + address)
            root = "document.documentElement"
            assert signed_in.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), (width, address)
            assert signed_in.locator("h1").count() == 1, address
            titles.add(signed_in.title())
    assert all(title.endswith(" · Pedigree") for title in titles)
    assert len(titles) >= len(addresses(filled)) - 2


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("browser_context_args", [{"bypass_csp": True}])
def test_axe_finds_nothing_on_any_page(
    theme: Any, browser_context_args: Any, filled: dict[str, int], signed_in: Page, live_server: Any
) -> None:
    signed_in.emulate_media(color_scheme=theme)
    for address in addresses(filled):
        signed_in.goto(live_server.url + address)
        found = Axe().run(signed_in).response["violations"]
        assert [(item["id"], item["nodes"][0]["html"][:120]) for item in found] == [], address
