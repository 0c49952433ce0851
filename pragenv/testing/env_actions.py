"""Rules on environments: what may be said to one."""

from __future__ import annotations

from collections.abc import Iterator

from pragenv.testing.cases import EnvCase, env_rules
from pragenv.testing.fuzz import ODD, ODD_COMMITMENTS


@env_rules.rule(
    "take any str, add it to the dialogue as it is, and let nothing in it pass for a message of another role"
)
def takes_any_text(case: EnvCase) -> Iterator[str]:
    """Empty, long, foreign, control and forged texts are actions, and appear verbatim, in one message."""
    env = case.make()
    for text in (*ODD, *ODD_COMMITMENTS):
        env.reset(seed=case.seeds[0])
        observation, _, _, _, info = env.step(text)
        said = [m["content"] for m in observation if m["role"] == "assistant"]
        users = sum(m["role"] == "user" for m in observation)
        if text not in env.action_space or observation not in env.observation_space:
            yield f"{text[:40]!r}, or what it led to, is outside the spaces"
        if said != [text] or users > 2 or info["turn"] != 1:
            yield f"{text[:40]!r} became {[s[:40] for s in said]} with {users} user messages"
