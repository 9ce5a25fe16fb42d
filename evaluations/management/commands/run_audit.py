"""manage.py run_audit SPEC.yaml: an audit as code, in the foreground."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.models import AuditState, Workspace
from evaluations.services import audits, foreground, model_context, outcomes, specs, workspaces


class Command(BaseCommand):
    """Runs a spec through the same services as the browser and prints the outcome."""

    help = "Run the audit that a YAML spec describes, in the foreground."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("spec", type=Path)
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON only")
        parser.add_argument("--workspace", default="", help="slug; the oldest workspace by default")

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["json"]
        workspace = self.workspace(options["workspace"])
        now = timezone.now()
        try:
            prepared = specs.prepare(path=options["spec"], workspace=workspace, user=None, now=now)
            audit = audits.create(workspace=workspace, user=None, request=prepared.request, now=now)
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.problems)) from refusal
        for note in () if quiet else prepared.notes:
            self.stderr.write(f"note: {note}")
        with model_context.grant_roots(prepared.folders):
            foreground.run(audit, on_progress=None if quiet else self.show)
        outcome = outcomes.with_ids(outcomes.of_audit(audit), prepared.ids)
        if quiet:
            self.stdout.write(json.dumps(outcome, ensure_ascii=False, indent=2))
        else:
            self.stderr.write("")
            self.stdout.write(outcomes.as_text(outcome))
        if audit.state != AuditState.FINISHED:
            raise CommandError(f"{audit.reference} {audit.state}: {audit.failure}")

    def workspace(self, slug: str) -> Workspace:
        """The named workspace, the oldest one, or a new one on an empty installation."""
        if slug:
            found = Workspace.objects.filter(slug=slug).first()
            if found is None:
                raise CommandError(f"--workspace: found {slug!r}, expected the slug of a workspace")
            return found
        return workspaces.default() or workspaces.create(name="My company", slug="main", now=timezone.now())

    def show(self, progress: foreground.Progress) -> None:
        """One line of progress, written over the last."""
        share = progress.stored / progress.planned if progress.planned else 1.0
        bar = "#" * int(24 * share)
        line = f"\r[{bar:<24}] {progress.stored:,} of {progress.planned:,} answers, {progress.state}, {progress.seconds:.0f} s "
        self.stderr.write(line, ending="")
