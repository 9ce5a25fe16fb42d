"""Every address of the app. The workspace is the first part of each; names match the navigation."""

from __future__ import annotations

from django.urls import include, path

from evaluations.views import (
    audit_new,
    audits,
    distillation,
    home,
    live,
    model_forms,
    models,
    panels,
    people,
    reports,
    samples,
    suites,
    workloads,
)

audit = [
    path("", audits.audit_detail, name="audit_detail"),
    path("progress/", audits.audit_progress, name="audit_progress"),
    path("start/", audits.audit_start, name="audit_start"),
    path("cancel/", audits.audit_cancel, name="audit_cancel"),
    path("plan.yaml", audits.audit_spec, name="audit_spec"),
    path("samples/", samples.audit_samples, name="audit_samples"),
    path("report/", reports.report_page, name="report_page"),
    path("report.pdf", reports.report_pdf, name="report_pdf"),
    path("report.json", reports.report_json, name="report_json"),
]
suite = [
    path("", suites.suite_detail, name="suite_detail"),
    path("upload/", suites.suite_upload, name="suite_upload"),
    path("versions/<int:number>/", suites.suite_version, name="suite_version"),
    path("versions/<int:number>/export.<slug:kind>", suites.suite_export, name="suite_export"),
]
model = [
    path("", models.model_detail, name="model_detail"),
    path("edit/", models.model_edit, name="model_edit"),
    path("check/", models.model_check, name="model_check"),
]
plan = [
    path("", distillation.plan_detail, name="model_plan"),
    path("progress/", distillation.plan_progress, name="model_plan_progress"),
    path("acknowledge/", distillation.plan_acknowledge, name="model_plan_acknowledge"),
    path("delete/", distillation.plan_delete, name="model_plan_delete"),
    path("students/<int:position>/", distillation.plan_student, name="model_plan_student"),
    path("<slug:step>/", distillation.plan_step, name="model_plan_step"),
]
workspace = [
    path("", home.overview, name="overview"),
    path("live/", live.live_page, name="overview_live"),
    path("live/progress/", live.live_progress, name="overview_live_progress"),
    path("live/start/", live.live_start, name="overview_live_start"),
    path("audits/", audits.audit_list, name="audit_list"),
    path("audits/new/", audit_new.audit_new, name="audit_new"),
    path("audits/<int:number>/", include(audit)),
    path("suites/", suites.suite_list, name="suite_list"),
    path("suites/new/", suites.suite_new, name="suite_new"),
    path("suites/uploads/<int:upload_id>/", suites.suite_mapping, name="suite_mapping"),
    path("suites/<int:suite_id>/", include(suite)),
    path("models/", models.model_list, name="model_list"),
    path("models/new/", models.model_new, name="model_new"),
    path("models/new/endpoint/", model_forms.model_new_endpoint, name="model_new_endpoint"),
    path("models/new/local/", model_forms.model_new_local, name="model_new_local"),
    path("models/new/recorded/", model_forms.model_new_recorded, name="model_new_recorded"),
    path("models/<int:model_id>/", include(model)),
    path("distillation/", distillation.plan_list, name="model_plan_list"),
    path("distillation/new/", distillation.plan_new, name="model_plan_new"),
    path("distillation/<int:plan_number>/", include(plan)),
    path("panels/", panels.panel_list, name="panel_list"),
    path("panels/<int:panel_id>/", panels.panel_detail, name="panel_detail"),
    path("workloads/", workloads.workload_list, name="workload_list"),
    path("workloads/new/", workloads.workload_new, name="workload_new"),
    path("workloads/<int:workload_id>/edit/", workloads.workload_edit, name="workload_edit"),
    path("people/", people.member_list, name="member_list"),
    path("events/", people.event_list, name="event_list"),
]
urlpatterns = [
    path("", home.home, name="home"),
    path("w/<slug:slug>/", include(workspace)),
]
