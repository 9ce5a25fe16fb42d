"""manage.py sample_audit: the sample audit in the foreground, from recorded outputs or with models trained now."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from evaluations.errors import Refusal
from evaluations.models import AuditState
from evaluations.services import live_foreground, outcomes, sample


class Command(BaseCommand):
    """Computes the sample reports; from recorded completions it needs no torch, key or network."""

    help = "Run the sample audit in the foreground and print its outcome."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON only")
        parser.add_argument(
            "--live",
            action="store_true",
            help="train a base, three teachers and two students now and audit those",
        )
        parser.add_argument("--processes", type=int, default=2, help="models trained at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        say = (lambda line: None) if options["json"] else self.stdout.write
        try:
            if options["live"]:
                samples = live_foreground.run(now=timezone.now(), processes=options["processes"], say=say)
            else:
                samples = sample.run(now=timezone.now())
        except Refusal as refusal:
            raise CommandError("\n".join(refusal.problems)) from refusal
        found = [outcomes.with_ids(outcomes.of_audit(one.audit), one.ids) for one in samples]
        seconds = round(time.monotonic() - began, 1)
        if options["json"]:
            summary = {"seconds": seconds, "audits": found}
            self.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n\n".join(outcomes.as_text(outcome) for outcome in found))
            self.stdout.write(f"\n{seconds} s")
        unfinished = [one.audit for one in samples if one.audit.state != AuditState.FINISHED]
        if unfinished:
            raise CommandError("; ".join(f"{a.reference} {a.state}: {a.failure}" for a in unfinished))
