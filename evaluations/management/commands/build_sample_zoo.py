"""Train the zoo behind the sample audit and record its answers."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evaluations.distillation import zoo
from evaluations.distillation.composition import CompositionError, read_composition
from evaluations.distillation.training import TrainingFailed


class Command(BaseCommand):
    help = (
        "Train a zoo of small models with known teachers; write models, suite, panel folder and truth table."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--size", default="sample", help="small (8 models) or sample (39 models)")
        parser.add_argument("--seed", type=int, help="another zoo of the same composition")
        parser.add_argument("--processes", type=int, default=1, help="models trained at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with as_file(files("evaluations.sample_data") / "zoo.yaml") as path:
                composition = read_composition(path, size=options["size"], seed=options["seed"])
            panel = zoo.build(
                composition, options["folder"], processes=options["processes"], say=self.stdout.write
            )
        except (CompositionError, TrainingFailed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Panel written to {panel}")
