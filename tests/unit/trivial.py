"""A conversation that is as easy as can be: one field, two options, and everybody wants the second."""

from pragenv.protocols import Setting
from pragenv.tasks.clarify import Clarify, form_of
from pragenv.types import FrozenDict, Scenario
from tests.unit.fake_model import FakeModel


class Second(Clarify):
    """Asking is never needed by one who has learned what everybody wants."""

    name = "second"
    FORMS = (form_of("a drink", "I am thirsty.", drink=("tea", "coffee")),)

    def sample(self, key: int, setting: Setting, split: str) -> Scenario:
        scenario = super().sample(key, setting, split)
        return Scenario(scenario.public, FrozenDict({**scenario.user_brief, "values": FrozenDict(drink="coffee")}))


class Asked(Clarify):
    """Either may be wanted: only asking tells."""

    name = "asked"
    FORMS = Second.FORMS


def rater() -> FakeModel:
    """Gives ten to conversations that end with tea, and nothing to others."""
    return FakeModel(lambda prompt, key: "10" if "tea" in prompt[-1].content.splitlines()[-1] else "0")
