"""Collections of short reports on an invented project, and what they say about one question."""

from __future__ import annotations

from typing import NamedTuple

from pragenv.types import mix

Insight = tuple[str, list[int]]
"""What is said, and the numbers of the documents that say it."""


class _Topic(NamedTuple):
    """A question about a project: `{p}` is the project; each finding as the summary has it and as reports put it."""

    query: str
    findings: tuple[tuple[str, tuple[str, str]], ...]


_PROJECTS = (
    "the Marl Street library",
    "the Otter Weir footbridge",
    "the night bus to Fenby",
    "the Holt community garden",
    "the lido at Crane Beach",
    "the Aldmoor tram",
    "the youth orchestra",
    "the repair shop in Bell Yard",
)
_TOPICS = (
    _Topic(
        "what {p} costs",
        (
            (
                "The budget was exceeded by a fifth.",
                (
                    "The treasurer reported that a fifth more than planned has been spent.",
                    "Spending is twenty per cent over the budget, the auditors found.",
                ),
            ),
            (
                "Volunteers save most of the wages.",
                (
                    "Nearly all wages are saved, since volunteers do the work.",
                    "Without its volunteers, the chair said, wages could not be paid.",
                ),
            ),
            (
                "A grant pays for the first two years.",
                (
                    "For the first two years a grant covers the bills.",
                    "The county has promised to carry the costs for two years.",
                ),
            ),
            (
                "Energy is the largest single expense.",
                (
                    "No bill is higher than that for electricity and heating.",
                    "More goes on energy than on anything else.",
                ),
            ),
        ),
    ),
    _Topic(
        "how people get to {p}",
        (
            (
                "Most people come on foot.",
                (
                    "Counted at the gate, seven in ten had walked.",
                    "The survey shows that walking is by far the most common way to come.",
                ),
            ),
            (
                "There is too little room for bicycles.",
                (
                    "Bicycles lean against every wall, for the racks are full by nine.",
                    "Cyclists complained that there are only six racks.",
                ),
            ),
            (
                "The bus stop is badly lit.",
                (
                    "After dark, one visitor wrote, the bus stop is a black hole.",
                    "Two of the three lamps at the bus stop have been out since winter.",
                ),
            ),
            (
                "Step-free access is missing at the back.",
                (
                    "From the back, a wheelchair user cannot get in.",
                    "The rear entrance still has four steps and no ramp.",
                ),
            ),
        ),
    ),
    _Topic(
        "what users of {p} wish for",
        (
            (
                "Longer hours at weekends are wanted.",
                (
                    "Asked for one change, most named later closing on Saturdays.",
                    "Many would like it to stay open longer at the weekend.",
                ),
            ),
            (
                "Families ask for lower prices.",
                (
                    "Parents told us that four tickets are more than they can pay.",
                    "A family rate is what parents ask for most.",
                ),
            ),
            (
                "People want to be asked before changes are made.",
                (
                    "Several letters say that nobody was consulted about the last changes.",
                    "The users' council demands a say in what is altered.",
                ),
            ),
            (
                "A place to sit out of the rain is missing.",
                (
                    "When it rains there is nowhere to sit, as the comment book keeps saying.",
                    "A covered bench would be welcome, three visitors noted.",
                ),
            ),
        ),
    ),
)
_SOURCES = ("Minutes of the {m} meeting", "Letter to the editor, {m}", "Notes of a visit in {m}", "Newsletter, {m}")
_MONTHS = ("January", "March", "April", "June", "September", "November")
_ASIDES = (
    "The weather was mild.",
    "Tea was served afterwards.",
    "The next date has not been fixed.",
    "A photograph of the day hangs in the hall.",
    "Apologies were received from two members.",
    "The minutes were taken by the deputy.",
)


def collection(number: int, size: int) -> tuple[str, list[str], list[Insight]]:
    """A question, so many documents, and what they say about it.

    Each document makes one point, the first ones different points, and says something beside it.
    """
    topic = _TOPICS[number % len(_TOPICS)]
    project = _PROJECTS[number // len(_TOPICS) % len(_PROJECTS)]
    key = mix(0x4E90, number)
    order = sorted(range(len(topic.findings)), key=lambda i: mix(key, i))
    documents: list[str] = []
    insights: dict[int, Insight] = {}
    for i in range(size):
        finding, again = order[i % len(order)], i // len(order)
        said, wordings = topic.findings[finding]
        source = _SOURCES[mix(key, 30 + i) % len(_SOURCES)].format(m=_MONTHS[(number + i) % len(_MONTHS)])
        aside = _ASIDES[mix(key, 40 + i) % len(_ASIDES)]
        documents.append(f"{source}, on {project}. {wordings[(mix(key, 50 + finding) + again) % 2]} {aside}")
        insights.setdefault(finding, (said, []))[1].append(i + 1)
    return topic.query.format(p=project), documents, list(insights.values())
