"""Distillation plans: made, checked, started, trained, deleted."""
