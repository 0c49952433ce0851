"""The table of all rules."""

from __future__ import annotations

# Importing a file of rules adds them to the table of its kind.
from pragenv.testing import (  # noqa: F401
    env_actions,
    env_ends,
    env_hides,
    env_reproduces,
    env_surface,
    party_turns,
    party_views,
    task_data,
    task_grades,
    task_meaning,
)
from pragenv.testing.cases import agent_rules, env_rules, task_rules, user_rules

RULES: dict[str, str] = {
    name: rule.about
    for family in (env_rules, task_rules, user_rules, agent_rules)
    for name, rule in family.rules.items()
}
"""Every rule by name, with what it demands."""
