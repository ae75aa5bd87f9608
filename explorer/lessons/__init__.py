"""Lessons on what a layer costs: one file a lesson. Each holds two ways to do one job against each other."""

from __future__ import annotations

from collections.abc import Mapping

from explorer.lessons.factorize import FACTORIZE
from explorer.lessons.groups import GROUPS
from explorer.lessons.head import HEAD
from explorer.lessons.lesson import Lesson
from explorer.lessons.reduction import REDUCTION
from explorer.lessons.separable import SEPARABLE
from explorer.lessons.stack import STACK

LESSONS: Mapping[str, Lesson] = {lesson.id: lesson for lesson in (REDUCTION, STACK, FACTORIZE, SEPARABLE, GROUPS, HEAD)}
"""All lessons in their order."""
