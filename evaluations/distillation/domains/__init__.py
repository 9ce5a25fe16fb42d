"""The businesses that a zoo can be about; a new one is one more file here."""

from __future__ import annotations

from evaluations.distillation.domain import Domain
from evaluations.registry import Registry

domains: Registry[Domain] = Registry("evaluations.distillation.domains", "DOMAIN")
