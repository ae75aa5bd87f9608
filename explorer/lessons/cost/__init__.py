"""Lessons on what a layer costs: one file a lesson. Each holds two ways to do one job against each other."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.lessons.cost.factorize import FACTORIZE
from explorer.lessons.cost.groups import GROUPS
from explorer.lessons.cost.head import HEAD
from explorer.lessons.cost.lesson import Lesson
from explorer.lessons.cost.reduction import REDUCTION
from explorer.lessons.cost.separable import SEPARABLE
from explorer.lessons.cost.stack import STACK

LESSONS: Mapping[str, Lesson] = {lesson.id: lesson for lesson in (REDUCTION, STACK, FACTORIZE, SEPARABLE, GROUPS, HEAD)}
"""All lessons in their order."""
