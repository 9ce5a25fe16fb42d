"""Train a zoo of small models with known teachers and record its answers."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.distillation import zoo
from evaluations.distillation.composition import CompositionError, read_composition
from evaluations.distillation.domains import domains
from evaluations.distillation.training import TrainingFailed

OF_THE_SAMPLE = ("sample", "live")


class Command(BaseCommand):
    help = (
        "Train a zoo of small models with known teachers; write models, suite, panel folder and truth table."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument(
            "--size",
            default="small",
            help="small (7 models), full (about 90), null (78 independents), sample or live (those of the sample audit)",
        )
        parser.add_argument("--seed", type=int, help="another zoo of the same composition")
        parser.add_argument("--domain", default="tickets", help=f"one of: {', '.join(domains.names)}")
        parser.add_argument("--processes", type=int, default=1, help="models trained at the same time")
        parser.add_argument("--composition", type=Path, help="a composition file of your own")

    def handle(self, *args: Any, **options: Any) -> None:
        size = options["size"]
        place = "evaluations.sample_data" if size in OF_THE_SAMPLE else "evaluations.distillation"
        try:
            with as_file(files(place) / "zoo.yaml") as own:
                composition = read_composition(
                    options["composition"] or own, size=size, seed=options["seed"], domain=options["domain"]
                )
            panel = zoo.build(
                composition, options["folder"], processes=options["processes"], say=self.stdout.write
            )
        except (CompositionError, TrainingFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Panel written to {panel}")
