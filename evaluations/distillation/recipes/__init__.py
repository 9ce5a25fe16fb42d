"""Recipes: one file each, ``RECIPE`` a :class:`~evaluations.distillation.recipe.Recipe`."""

from evaluations.distillation.recipe import Recipe
from evaluations.registry import Registry

recipes: Registry[Recipe] = Registry("evaluations.distillation.recipes", "RECIPE")
