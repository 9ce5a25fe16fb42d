"""A suite's way in through the browser, with real files and with bad ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import SuiteUpload, SuiteVersion, TaskSuite
from evaluations.suites.reading import propose, read
from tests.shared_data import shared_path
from tests.views import world

pytestmark = pytest.mark.django_db
SLUG = "northmoor"


def send(client: Client, content: bytes, filename: str, name: str = "Tickets") -> Any:
    return client.post(
        reverse("suite_new", args=[SLUG]),
        {"name": name, "sensitivity": "internal", "file": world.uploaded(content, filename)},
        follow=True,
    )


def chosen(answer: Any) -> dict[str, str]:
    """What the page about the columns would send if nothing were changed."""
    form = answer.context["form"]
    return {
        name: form[name].value() or ""
        for name in form.fields
        if name not in ("on_bad_rows", "without_target")
    }


def confirm(client: Client, answer: Any, **changes: str) -> Any:
    url = answer.redirect_chain[-1][0] if answer.redirect_chain else answer.request["PATH_INFO"]
    return client.post(url, chosen(answer) | {"import": "1"} | changes, follow=True)


def text_of(answer: Any) -> str:
    """The page's words without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_a_published_csv_is_imported_as_guessed(as_alice: Client) -> None:
    page = send(as_alice, shared_path("suites/banking77_test.csv").read_bytes(), "banking77_test.csv")
    assert "3,080 rows, 2 columns. Read as CSV or TSV, UTF-8" in text_of(page)
    assert page.context["form"]["use_0"].value() == "input"
    assert page.context["form"]["use_1"].value() == "target"
    assert "How do I locate my card?" in text_of(page)
    assert SuiteVersion.objects.count() == 0
    saved = confirm(as_alice, page)
    assert "Version 1 is saved with 3,080 samples" in text_of(saved)
    assert SuiteVersion.objects.get().sample_count == 3080


def test_a_published_jsonl_with_worked_solutions_is_judged_by_the_text_after_the_marker(
    as_alice: Client,
) -> None:
    page = send(as_alice, shared_path("suites/gsm8k_test.jsonl").read_bytes(), "gsm8k_test.jsonl")
    assert page.context["form"]["target_rule"].value() == "after_marker"
    assert "Answers are compared with the text after #### only" in text_of(page)
    confirm(as_alice, page)
    assert SuiteVersion.objects.get().sample_count == 300
    assert SuiteVersion.objects.get().samples.first().target_rule == "after_marker"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_version_exports_to_a_file_that_reads_back_as_the_same_samples(
    kind: str, as_alice: Client, alice: Any, workspace: Any, now: Any, tmp_path: Path
) -> None:
    version = world.suite_version(workspace, alice, now)
    answer = as_alice.get(reverse("suite_export", args=[SLUG, version.suite_id, 1, kind]))
    assert answer["Content-Disposition"] == f'attachment; filename="support-tickets-1.{kind}"'
    path = tmp_path / f"export.{kind}"
    path.write_bytes(b"".join(answer.streaming_content))
    assert read(path, propose(path, path.name).mapping).content_hash == version.content_hash


def test_an_edited_column_is_previewed_and_nothing_is_imported(as_alice: Client) -> None:
    page = send(as_alice, b"a,b\nHello,Hi\nBye,Ciao\n", "pairs.csv")
    assert "No column is named like an input" in text_of(page)
    url = page.redirect_chain[-1][0]
    shown = as_alice.post(
        url, chosen(page) | {"use_0": "input", "use_1": "target", "preview": "1"}, follow=True
    )
    assert [row.input for row in shown.context["page"].preview] == ["Hello", "Bye"]
    assert shown.context["page"].n_with_target == 2
    assert not SuiteVersion.objects.exists()


@pytest.mark.parametrize(
    ("content", "filename", "sentence"),
    [
        (
            b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
            "photo.csv",
            "photo.csv: the file is a PNG image; expected a CSV, TSV, JSON or JSONL file",
        ),
        (b"", "empty.csv", "empty.csv: found an empty file (0 bytes), expected a CSV or JSONL file"),
        (
            b"- vars:\n    question: Where?\n- vars:\n    question: Who?\n",
            "cases.yaml",
            "cases.yaml: the text is not a table or JSON",
        ),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    content: bytes, filename: str, sentence: str, as_alice: Client
) -> None:
    page = send(as_alice, content, filename)
    assert sentence in text_of(page).replace("&#x27;", "'")
    assert "The file was not imported" in text_of(page)
    assert not TaskSuite.objects.exists()
    assert not SuiteUpload.objects.exists()


BAD = b"id,question,answer\n1,Where?,here\n1,Who?,me\n2,,you\n3,two fields\n4,When?,now\n"


def test_bad_rows_are_listed_by_line_and_column_and_stop_changes_nothing(as_alice: Client) -> None:
    page = send(as_alice, BAD, "bad.csv")
    errors = [(row.line, row.column) for row in page.context["page"].errors]
    assert errors == [(3, "id"), (4, "question"), (5, "")]
    assert "2 fields, the header has 3. No value for &#x27;answer&#x27;" in page.content.decode()
    refused = confirm(as_alice, page, on_bad_rows="refuse")
    assert "Nothing was imported" in text_of(refused)
    assert not SuiteVersion.objects.exists()


def test_bad_rows_need_one_explicit_choice(as_alice: Client) -> None:
    refused = confirm(as_alice, send(as_alice, BAD, "bad.csv"))
    assert "Found no choice, expected one of the two" in text_of(refused)
    assert not SuiteVersion.objects.exists()


def test_bad_rows_that_are_left_out_are_listed_in_the_version(as_alice: Client) -> None:
    saved = confirm(as_alice, send(as_alice, BAD, "bad.csv"), on_bad_rows="leave_out")
    version = SuiteVersion.objects.get()
    assert version.sample_count == 2
    assert version.left_out == [3, 4, 5]
    assert "3 rows left out" in text_of(saved)


def test_a_missing_target_is_refused_until_somebody_says_that_there_is_none(as_alice: Client) -> None:
    page = send(as_alice, b"question,team\nWhere?,a\nWho?,b\n", "open.csv")
    refused = confirm(as_alice, page)
    assert "found no target, expected one column used as Target (right answer)" in text_of(refused)
    assert not SuiteVersion.objects.exists()
    confirm(as_alice, refused, without_target="on")
    assert SuiteVersion.objects.get().sample_count == 2


def test_two_columns_cannot_both_be_the_id(as_alice: Client) -> None:
    page = send(as_alice, b"question,answer,key\nWhere?,here,1\n", "keys.csv")
    refused = confirm(as_alice, page, use_1="id", use_2="id", without_target="on")
    assert "Sample id: found 2 columns (answer, key), expected one" in text_of(refused)
    assert not SuiteVersion.objects.exists()


def test_a_taken_name_is_refused_beside_its_field(as_alice: Client) -> None:
    send(as_alice, b"question,answer\nWhere?,here\n", "one.csv", name="Tickets")
    page = send(as_alice, b"question,answer\nWhere?,there\n", "two.csv", name="Tickets")
    assert "There is a suite named" in str(page.context["form"].errors["name"])
    assert TaskSuite.objects.count() == 1


def test_uploaded_text_is_only_ever_shown_as_text(as_alice: Client) -> None:
    content = b"question,answer,<b>tag</b>\n<script>alert(1)</script>,<img src=x onerror=alert(1)>,x\n"
    page = send(as_alice, content, "<i>evil</i>.csv")
    saved = confirm(as_alice, page)
    suite = TaskSuite.objects.get()
    samples = as_alice.get(reverse("suite_version", args=[SLUG, suite.pk, 1]))
    for answer in (page, saved, samples):
        body = answer.content.decode()
        assert "<script>alert" not in body
        assert "<img src=x" not in body
        assert "<b>tag" not in body
    assert "&lt;script&gt;alert(1)" in samples.content.decode()


def test_a_long_version_is_read_page_by_page(as_alice: Client, alice: Any, workspace: Any, now: Any) -> None:
    version = world.suite_version(workspace, alice, now, n=120)
    url = reverse("suite_version", args=[SLUG, version.suite_id, 1])
    first = as_alice.get(url).context["page"]
    assert (first.rows[0].position, first.rows[-1].position, first.previous) == (0, 49, None)
    second = as_alice.get(url, {"after": first.next}).context["page"]
    assert (second.rows[0].position, second.rows[-1].position) == (50, 99)
    last = as_alice.get(url, {"after": second.next}).context["page"]
    assert (last.rows[-1].position, last.next) == (119, None)
    back = as_alice.get(url, {"before": last.previous}).context["page"]
    assert [row.position for row in back.rows] == [row.position for row in second.rows]


def test_an_import_that_is_sent_twice_makes_one_version(as_alice: Client) -> None:
    page = send(as_alice, b"question,answer\nWhere?,here\n", "one.csv")
    confirm(as_alice, page)
    confirm(as_alice, page)
    assert SuiteVersion.objects.count() == 1


def test_pages_without_data_say_what_to_do(as_alice: Client, as_bob: Client) -> None:
    assert "No task suites yet" in text_of(as_alice.get(reverse("suite_list", args=[SLUG])))
    assert "An analyst of this workspace uploads them" in text_of(
        as_bob.get(reverse("suite_list", args=[SLUG]))
    )
