"""manage.py import_panel DIR: a reference panel from a panel folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.management.commands.run_audit import Command as RunAudit
from evaluations.services import panels


class Command(BaseCommand):
    """Imports a panel folder; the same folder a second time changes nothing."""

    help = "Import a reference panel folder (panel.yaml, prompts.jsonl, models.csv, completions/)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--workspace", default="", help="slug; the oldest workspace by default")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = RunAudit().workspace(options["workspace"])
        try:
            imported = panels.import_panel(
                workspace=workspace, user=None, folder=options["folder"], now=timezone.now()
            )
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.problems)) from refusal
        panel = imported.panel
        summary = {
            "panel": panel.name,
            "created": imported.created,
            "content_hash": panel.content_hash,
            "models": panel.models.count(),
            "prompts": panel.suite_version.sample_count,
            "problems": list(imported.problems),
        }
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2))
            return
        word = "imported" if imported.created else "is there already"
        self.stdout.write(f"{panel.name} {word}: {summary['models']} models, {summary['prompts']} prompts")
        for problem in imported.problems:
            self.stderr.write(f"note: {problem}")
