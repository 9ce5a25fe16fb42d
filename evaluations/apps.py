"""The one Django app."""

from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    """Registers the system checks."""

    name = "evaluations"
    verbose_name = "Evaluations"

    def ready(self) -> None:
        from evaluations import checks  # noqa: F401
