"""From a frozen snapshot to the sections of the report, the same for the page and the PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from evaluations.records import digest
from evaluations.registry import Registry
from evaluations.reports import format as fmt
from evaluations.reports.answers import verdict_bar
from evaluations.reports.facts import Facts
from evaluations.reports.section import Medium, Section, SectionPlugin

sections: Registry[SectionPlugin] = Registry("evaluations.reports.sections", "SECTION")


def build_sections(snapshot: Mapping[str, Any]) -> tuple[Section, ...]:
    """Every registered section of ``snapshot``, in the order of the report.

    Numbered sections count from 1, appendices from A; sections for the PDF alone carry no number.
    """
    plugins = sorted(sections.items(), key=lambda item: (item[1].order, item[0]))
    built: list[Section] = []
    count, letters = 0, iter(ascii_uppercase)
    for stem, plugin in plugins:
        number = ""
        if plugin.appendix:
            number = next(letters)
        elif plugin.numbered:
            count += 1
            number = str(count)
        built.append(_section(stem, number, plugin, snapshot))
    return tuple(built)


def _section(stem: str, number: str, plugin: SectionPlugin, snapshot: Mapping[str, Any]) -> Section:
    context = plugin.build(snapshot)
    return Section(
        stem=stem,
        number=number,
        title=plugin.title,
        template=f"reports/sections/{stem}.html",
        context=context,
        figures=tuple(context.get("figures") or ()),
        short=plugin.short or plugin.title,
        media=plugin.media,
        starts_page=plugin.starts_page,
        appendix=plugin.appendix,
    )


def shown(built: Sequence[Section], medium: Medium) -> tuple[Section, ...]:
    """The sections of one medium."""
    return tuple(section for section in built if medium in section.media)


def report_context(snapshot: Mapping[str, Any], *, medium: Medium, report_digest: str = "") -> dict[str, Any]:
    """Everything that ``reports/report.html`` or ``reports/pdf.html`` needs, as finished texts.

    ``report_digest`` is the digest that was stored when the report was frozen; without it the digest of
    ``snapshot`` is computed.
    """
    facts = Facts(snapshot)
    found = report_digest or digest(snapshot)
    report = facts.report
    return {
        "medium": medium,
        "sections": shown(build_sections(snapshot), medium),
        "bar": verdict_bar(facts),
        "title": str(report.get("title") or facts.audit.get("title") or "Audit report"),
        "number": str(report.get("number") or ""),
        "version": str(report.get("version") or "1"),
        "status": fmt.label(str(report.get("status") or "draft").lower()),
        "workspace": str(report.get("workspace") or ""),
        "workload": str(report.get("workload") or ""),
        "prepared_by": str(report.get("prepared_by") or ""),
        "created": fmt.moment(report.get("created_at")),
        "created_iso": str(report.get("created_at") or ""),
        "locked": fmt.moment(facts.audit.get("locked_at")),
        "finished": fmt.moment(facts.audit.get("finished_at")),
        "n_samples": fmt.plural(int(facts.suite.get("n_samples") or 0), "sample"),
        "suite": f"{facts.suite.get('name') or 'Suite'}, version {facts.suite.get('version') or '1'}",
        "digest": found,
        "digest_short": fmt.short_digest(found),
        "footer": f"Audit {report.get('number') or ''}, digest {fmt.short_digest(found)}",
    }
