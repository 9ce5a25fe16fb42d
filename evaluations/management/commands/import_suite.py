"""manage.py import_suite FILE: a task suite from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.management.commands.run_audit import Command as RunAudit
from evaluations.models import Workspace
from evaluations.services import suites
from evaluations.suites.reading import Proposal, propose


class Command(BaseCommand):
    """Shows what a file would become, and imports it where nothing needs to be asked."""

    help = "Import a task suite file; --dry-run only shows the proposal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", default="", help="the suite's name; the file's stem by default")
        parser.add_argument(
            "--sensitivity", default="internal", choices=["public", "internal", "confidential"]
        )
        parser.add_argument("--workspace", default="")
        parser.add_argument("--dry-run", action="store_true", help="show the proposal, import nothing")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: found no file, expected a CSV, JSON or JSONL file")
        proposal = propose(path, path.name)
        summary = summary_of(proposal)
        if not options["dry_run"] and proposal.outcome in ("accept", "accept_with_report"):
            workspace = RunAudit().workspace(options["workspace"])
            summary["version"] = self.store(path, proposal, options, workspace)
        self.show(summary, as_json=options["json"])
        if proposal.outcome == "refuse":
            raise CommandError(f"{path.name}: {proposal.reason}")

    def store(self, path: Path, proposal: Proposal, options: dict[str, Any], workspace: Workspace) -> str:
        """Import the file under the proposed mapping; returns the version's name."""
        now = timezone.now()
        name = options["name"] or path.stem
        suite = workspace.suites.filter(name=name).first()
        try:
            suite = suite or suites.create_suite(
                workspace=workspace, user=None, name=name, sensitivity=options["sensitivity"], now=now
            )
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(1 << 20), b"")
                upload = suites.receive(suite=suite, user=None, filename=path.name, chunks=chunks)
            version = suites.import_upload(
                upload=upload, user=None, mapping=proposal.mapping, on_bad_rows="refuse", now=now
            )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.problems)) from refusal
        return str(version)

    def show(self, summary: dict[str, Any], *, as_json: bool) -> None:
        """Print the summary."""
        if as_json:
            self.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2))
            return
        for name, value in summary.items():
            if name != "problems":
                self.stdout.write(f"{name}: {value}")
        for problem in summary["problems"]:
            self.stdout.write(f"  {problem}")


def summary_of(proposal: Proposal) -> dict[str, Any]:
    """What the importer found and would do."""
    return {
        "outcome": proposal.outcome,
        "reason": proposal.reason,
        "format": proposal.format,
        "encoding": proposal.encoding,
        "unit": proposal.unit,
        "rows": proposal.n_rows,
        "rows_accepted": 0 if proposal.outcome == "refuse" else proposal.n_rows - proposal.n_bad_rows,
        "mapping": proposal.mapping.to_json(),
        "problems": [problem.text for problem in proposal.problems],
    }
