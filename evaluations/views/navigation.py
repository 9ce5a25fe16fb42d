"""What the top bar shows on every page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

ITEMS = (
    ("Overview", "overview"),
    ("Audits", "audit_list"),
    ("Suites", "suite_list"),
    ("Models", "model_list"),
    ("Workloads", "workload_list"),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for the top bar: the current workspace, the person's role and the navigation items."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"nav_items": [], "workspace": None, "membership": None}
    slug = membership.workspace.slug
    section = getattr(request.resolver_match, "url_name", "") or ""
    return {
        "workspace": membership.workspace,
        "membership": membership,
        "nav_items": [
            {
                "title": title,
                "url": reverse(name, args=[slug]),
                "current": section.split("_")[0] == name.split("_")[0],
            }
            for title, name in ITEMS
        ],
    }
