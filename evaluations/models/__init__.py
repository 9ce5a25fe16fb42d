"""Tables and constraints, one file a noun."""

from evaluations.models.audits import (
    Audit,
    AuditModel,
    AuditState,
    Completion,
    Finding,
    Report,
    ReportStatus,
    Run,
    RunState,
    Score,
)
from evaluations.models.distillation import (
    ControlStudent,
    DistillationPlan,
    LiveSample,
    LiveState,
    LiveStep,
    PlanAnswers,
    PlanState,
    StudentState,
)
from evaluations.models.models import AccessRoute, EndpointKey, Model, Panel
from evaluations.models.suites import Sample, Sensitivity, SuiteUpload, SuiteVersion, TaskSuite, Workload
from evaluations.models.work import UnitKind, UnitState, WorkUnit
from evaluations.models.workspaces import ROLE_RANK, Event, MemberRole, Membership, Workspace

__all__ = (
    "ROLE_RANK",
    "AccessRoute",
    "Audit",
    "AuditModel",
    "AuditState",
    "Completion",
    "ControlStudent",
    "DistillationPlan",
    "EndpointKey",
    "Event",
    "Finding",
    "LiveSample",
    "LiveState",
    "LiveStep",
    "MemberRole",
    "Membership",
    "Model",
    "Panel",
    "PlanAnswers",
    "PlanState",
    "Report",
    "ReportStatus",
    "Run",
    "RunState",
    "Sample",
    "Score",
    "Sensitivity",
    "StudentState",
    "SuiteUpload",
    "SuiteVersion",
    "TaskSuite",
    "UnitKind",
    "UnitState",
    "WorkUnit",
    "Workload",
    "Workspace",
)
