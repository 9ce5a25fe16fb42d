"""System checks: a view without a declared permission never ships."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.urls import URLPattern, URLResolver, get_resolver


def own_patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """(route, pattern) of every URL whose view is defined in this app."""
    for item in (resolver or get_resolver()).url_patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from own_patterns(item, route)
        elif item.callback.__module__.startswith("evaluations"):
            yield route, item


@register()
def every_view_declares_who_may_use_it(
    app_configs: Sequence[Any] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Every view of the app carries ``required_role``, set by the decorators of ``views.permissions``."""
    return [
        Error(
            f"the view of {route!r} declares no permission",
            hint="decorate it with member(role), signed_in or public from evaluations.views.permissions",
            id="evaluations.E001",
        )
        for route, pattern in own_patterns()
        if not hasattr(pattern.callback, "required_role")
    ]
