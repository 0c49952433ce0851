"""Reports: read every row or say which is broken; the same bytes twice; no text can become markup."""

import csv
import json
import re
from html.parser import HTMLParser
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from records import episode, write_run

from pragenv.errors import DataError
from pragenv.files import write_atomic, write_json
from pragenv.metrics import Row, against_ceilings, summarise
from pragenv.report import html as html_module
from pragenv.report import text_table, write_report
from pragenv.report.figures import pages
from pragenv.report.html import sample, script_json
from pragenv.report.labels import Label, place
from pragenv.report.panels import crossings, styles, switches
from pragenv.report.records import read
from pragenv.types import EndReason, Episode

AGENTS = {"mute": (0.0, 10), "guess": (0.3, 1), "asks": (0.9, 4), "oracle": (1.0, 1)}


def sweep(folder: Path, episodes: int = 12, **changes: object) -> Path:
    rng = np.random.default_rng(3)
    for agent, (skill, turns) in AGENTS.items():
        rows = [
            episode(
                k,
                float(rng.random() < skill),
                agent=agent,
                turns=turns,
                questions=turns - 1,
                cost=0.01,
                traits={"patience": k / episodes},
                **changes,
            )
            for k in range(episodes)
        ]
        write_run(folder / agent, rows)
    return folder


class Page(HTMLParser):
    """What a browser would make of the page: its elements, its scripts, and the visible text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data
        else:
            self.text += data


def test_everything_is_written_and_agrees(tmp_path: Path) -> None:
    rows = write_report(sweep(tmp_path))
    assert json.loads((tmp_path / "summary.json").read_text()) == rows
    assert [row["agent"] for row in rows] == sorted(AGENTS)
    with (tmp_path / "summary.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [list(row) for row in table] == [list(row) for row in rows]
    assert [float(row["score"]) for row in table] == [row["score"] for row in rows]
    assert table[0]["asked_when_not_needed"] == ""
    names = {
        f"{stem}.{kind}"
        for stem in ("score_by_agent", "score_against_turns", "reward_against_questions", "cost_of_asking")
        for kind in ("png", "svg")
    }
    assert {path.name for path in (tmp_path / "figures").iterdir()} == names
    assert (tmp_path / "report.html").exists()
    assert [path.name for path in (tmp_path / "tasks").iterdir()] == ["clarify.html"]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    sweep(tmp_path / "runs")
    for out in ("one", "two"):
        write_report(tmp_path / "runs", tmp_path / out)
    one, two = (
        {p.relative_to(tmp_path / d): p.read_bytes() for p in (tmp_path / d).rglob("*.*")} for d in ("one", "two")
    )
    assert len(one) == 12
    assert one == two


def test_a_report_in_place_of_a_larger_one_leaves_no_stale_page(tmp_path: Path) -> None:
    for i in range(10):
        write_run(tmp_path / f"run{i}", [episode(k, k % 2, setting=f"s{i}") for k in range(3)])
    write_report(tmp_path)
    assert (tmp_path / "figures" / "score_by_agent_2.svg").exists()
    for i in range(1, 10):
        (tmp_path / f"run{i}" / "episodes.jsonl").unlink()
    write_report(tmp_path)
    assert len(list((tmp_path / "figures").iterdir())) == 8


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line[: len(line) // 2],
        lambda line: line.decode().replace("committed", "vanished").encode(),
        lambda line: line.replace(b'"turns":1,', b""),
        lambda line: line.replace(b'"dialogue":[[', b'"dialogue":[["x",').replace(b"table", "tablé".encode()[:-1]),
        lambda line: b"",
    ],
    ids=["cut", "unknown end", "missing field", "cut character", "empty"],
)
def test_a_broken_line_stops_the_report_and_is_named(tmp_path: Path, damage) -> None:
    path = write_run(tmp_path / "cell", [episode(k) for k in range(3)]) / "episodes.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([lines[0], damage(lines[1]), lines[2]]) + b"\n")
    with pytest.raises(DataError, match=r"episodes\.jsonl:2.*resume it to repair"):
        write_report(tmp_path)
    assert not (tmp_path / "summary.json").exists()


def test_folders_that_hold_no_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"no episodes\.jsonl with a row"):
        read(tmp_path)
    run = write_run(tmp_path / "cell", [episode(1)])
    (run / "meta.json").write_text('{"config":')
    with pytest.raises(DataError, match=r"meta\.json: not JSON"):
        read(tmp_path)
    (run / "meta.json").unlink()
    with pytest.raises(DataError, match=r"meta\.json: missing"):
        read(tmp_path)


def test_reading_loses_nothing_and_shares_public_contexts(tmp_path: Path) -> None:
    rows = [episode(k, said="line\u2028break \U0001f600 </script>\n{}") for k in range(4)]
    write_run(tmp_path / "a" / "b", rows)
    (cell,) = read(tmp_path)
    assert cell.episodes == tuple(rows)
    assert (cell.name, cell.meta["seed"]) == ("a/b", 0)
    assert len({id(row.public) for row in cell.episodes}) == 1


HOSTILE = "</script><img src=x onerror=alert(1)><!-- <script> &lt; '\" \u2028"


def test_no_text_of_a_record_becomes_markup(tmp_path: Path) -> None:
    hostile = {"said": HOSTILE, "agent": HOSTILE, "intent": HOSTILE, "reason": HOSTILE, "error": HOSTILE}
    tame = dict.fromkeys(hostile, "tame")
    pages = []
    about = []
    for name, texts in (("hostile", hostile), ("tame", tame)):
        write_run(tmp_path / name, [episode(k, k % 2, traits={texts["said"]: 0.5}, **texts) for k in range(4)])
        write_report(tmp_path / name)
        pages.append(Page((tmp_path / name / "report.html").read_text(encoding="utf-8")))
        about.append(Page((tmp_path / name / "tasks" / "clarify.html").read_text(encoding="utf-8")))
    assert [tag for tag, _ in about[0].tags] == [tag for tag, _ in about[1].tags]
    assert about[0].text.count(HOSTILE) >= 8  # twice: intent, words, agent, verdict
    bad, good = pages
    assert [tag for tag, _ in bad.tags] == [tag for tag, _ in good.tags]
    assert not any(attribute.startswith("on") for _, attributes in bad.tags for attribute in attributes)
    records = json.loads(bad.scripts[0])
    first = dict(zip(records["fields"], records["episodes"][0], strict=True))
    assert first["dialogue"][0] == ["user", HOSTILE]
    assert first["user_brief"] == {"guests": HOSTILE}
    assert HOSTILE in bad.text  # the agent's name, in the table, as text


def test_script_json_holds_any_value_without_angle_brackets() -> None:
    text = script_json({"a": HOSTILE, "b": [None, 1.5, "ü\ud800"]})
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text)["a"] == HOSTILE
    with pytest.raises(ValueError, match="JSON compliant"):
        script_json(float("nan"))


def test_the_page_loads_nothing_and_builds_from_text_only(tmp_path: Path) -> None:
    write_report(sweep(tmp_path))
    source = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(source)
    links = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert links
    assert all(link and link.startswith(("#", "data:image/svg+xml;base64,", "tasks/clarify.html")) for link in links)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", page.scripts[1])


def test_a_tasks_page_has_the_best_and_the_worst_transcript(tmp_path: Path) -> None:
    talks = {"middling": (0.4, 3), "at once": (1.0, 1), "slow": (1.0, 4), "well asked": (1.0, 2), "lost": (0.0, 5)}
    rows = [episode(k, s, turns=n, said=f"{said} \ud800") for k, (said, (s, n)) in enumerate(talks.items())]
    write_run(tmp_path / "cell", rows)
    write_report(tmp_path)
    text = Page((tmp_path / "tasks" / "clarify.html").read_text(encoding="utf-8")).text
    assert [said for said in talks if said in text] == ["well asked", "lost"]
    assert text.index("A good one") < text.index("well asked") < text.index("lost")


def test_a_task_of_which_nothing_was_scored_has_a_page_that_says_so(tmp_path: Path) -> None:
    write_run(tmp_path / "cell", [episode(k, end=EndReason.SIMULATOR_ERROR) for k in range(3)])
    write_report(tmp_path)
    assert "No episode could be scored." in Page((tmp_path / "tasks" / "clarify.html").read_text()).text


def test_keys_beyond_javascripts_numbers_survive(tmp_path: Path) -> None:
    key = 2**62 + 1
    write_run(tmp_path / "cell", [episode(key)])
    write_report(tmp_path)
    records = json.loads(Page((tmp_path / "report.html").read_text()).scripts[0])
    assert dict(zip(records["fields"], records["episodes"][0], strict=True))["key"] == str(key)


def test_sampling_is_even_over_groups_and_spread_within() -> None:
    episodes = [episode(k, agent=a) for a, n in (("a", 3), ("b", 50), ("c", 100)) for k in range(n)]
    chosen = sample(episodes, 23)
    keys = {agent: [e.key for e in chosen if e.agent == agent] for agent in "abc"}
    assert {agent: len(found) for agent, found in keys.items()} == {"a": 3, "b": 10, "c": 10}
    assert keys["c"] == list(range(0, 100, 10))
    assert len(sample(episodes, 500)) == 153


def test_a_large_sweep_says_how_many_transcripts_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(tmp_path)
    write_report(tmp_path)
    assert "All 48 transcripts" in Page((tmp_path / "report.html").read_text()).text
    monkeypatch.setattr(html_module, "EMBEDDED", 20)
    write_report(tmp_path)
    page = Page((tmp_path / "report.html").read_text())
    assert "carries 20 of the 48 transcripts" in page.text
    assert len(json.loads(page.scripts[0])["episodes"]) == 20


def summed(episodes: list[Episode]) -> list[Row]:
    return against_ceilings(summarise(episodes), [])


def test_text_table_aligns_and_tells_failures_from_zeros() -> None:
    broken = episode(9, agent="asks", end=EndReason.SIMULATOR_ERROR)
    lost = episode(1, agent="lost", end=EndReason.AGENT_ERROR)
    rows = summed([episode(1, agent="asks"), episode(2, 0.0, agent="asks"), broken, lost, episode(1, task="other")])
    lines = text_table(rows).splitlines()
    names = "task setting simulator agent n score success reward ceiling turns questions asked need/not uniform errors"
    assert " ".join(lines[0].split()) == names
    assert "2/3" in lines[3]
    assert "0.50 [0.09, 0.91]" in lines[3]
    assert lines[3].endswith("1 user")
    assert "0/1" in lines[2]
    assert "0.00" not in lines[2]
    assert lines[2].endswith("1 agent")
    assert lines[1] == lines[4] == re.sub(r"\S", "-", lines[1])
    assert {lines[i].index("default") for i in (2, 3, 5)} == {lines[0].index("setting")}


def test_table_shows_the_split_only_where_there_are_several() -> None:
    assert "split" not in text_table(summed([episode(1)]))
    assert "split" in text_table(summed([episode(1), episode(1, split="train")]))


def row(agent: str, score: float, turns: float) -> dict[str, object]:
    return {"agent": agent, "score": score, "turns": turns}


def test_crossings_are_where_rewards_are_equal() -> None:
    rows = [
        row("guess", 0.4, 1),
        row("asks", 0.9, 6),
        row("half", 0.45, 4),
        row("oracle", 1.0, 1),
        row("mute", 0.0, 10),
    ]
    found = {frozenset(c.agents): (c.cost, c.reward) for c in crossings(rows)}
    assert found[frozenset({"guess", "asks"})] == pytest.approx((0.1, 0.3))
    assert not any({"oracle", "mute"} & pair for pair in found)
    assert [c.agents for c in switches(rows)] == [("guess", "asks")]


def test_an_agent_looks_alike_everywhere_and_unlike_others() -> None:
    rows = [{"agent": f"agent{i}", "score": i / 56} for i in range(56)]
    looks = styles(rows)
    assert len(set(looks.values())) == 56
    assert styles(rows[::-1]) == looks


def test_labels_of_a_crowd_do_not_overlap() -> None:
    figure = Figure(figsize=(4.2, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(xlim=(0, 12), ylim=(-0.05, 1.05))
    figure.draw_without_rendering()
    points = [(1, 1.0), (1.1, 0.99), (1.3, 0.98), (1, 0.95), (1.2, 0.93), (11.8, 0.02), (11.7, 0.0)]
    place(axes, [Label(x, y, f"clarify_first_{i}", (x, x, y - 0.02, y)) for i, (x, y) in enumerate(points)])
    texts = [text for text in axes.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    assert len(boxes) == 7
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    frame = axes.get_window_extent().padded(1)
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_agent_names_with_dollars_are_names(tmp_path: Path) -> None:
    write_run(tmp_path / "cell", [episode(k, k % 2, agent="pay_$x_$^") for k in range(4)])
    write_report(tmp_path)
    assert "pay_$x_$^" in (tmp_path / "figures" / "score_by_agent.svg").read_text()


def test_runs_in_which_nothing_could_be_scored_still_have_a_report(tmp_path: Path) -> None:
    rows: list[Episode] = [episode(k, end=EndReason.SIMULATOR_ERROR) for k in range(3)]
    write_run(tmp_path / "cell", rows)
    (found,) = write_report(tmp_path)
    assert (found["scored"], found["score"]) == (0, None)
    assert "3 of them could not be scored" in Page((tmp_path / "report.html").read_text()).text


@pytest.mark.filterwarnings("error")
def test_figures_have_room_for_one_agent_with_a_long_name(tmp_path: Path) -> None:
    write_run(tmp_path / "cell", [episode(k, k % 2, agent="a_very_long_name_" * 9 + "end") for k in range(4)])
    write_report(tmp_path)
    assert "…" in (tmp_path / "figures" / "score_by_agent.svg").read_text(encoding="utf-8")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    write_json(path, {"score": 1.0})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"score": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "\ud800")
    assert json.loads(path.read_text()) == {"score": 1.0}
    assert list(tmp_path.iterdir()) == [path]


def test_the_ceiling_is_drawn_and_told_where_it_is_known(tmp_path: Path) -> None:
    sweep(tmp_path)
    assert {row["ceiling"] for row in write_report(tmp_path)} == {None}
    row = json.loads((tmp_path / "summary.json").read_text())[0]
    known = {name: row[name] for name in ("task", "setting", "split")}
    facts = {"value": 0.9, "reached": 0.8, "kind": "bound", "margin": 0.0, "scenarios": 3, "how": "so"}
    write_json(tmp_path / "ceilings.json", [known | facts])
    without = (tmp_path / "figures" / "reward_against_questions.svg").read_bytes()
    found = write_report(tmp_path)[0]
    assert (found["ceiling"], found["regret"]) == (0.9, pytest.approx(0.9 - found["reward"]))
    assert "≤ 0.900" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "figures" / "reward_against_questions.svg").read_bytes() != without


@pytest.mark.parametrize("entries", [2, 20])
def test_a_legend_leaves_the_panels_alone(entries: int) -> None:
    handles = [Line2D([], [], label=f"an objective with an option of its own, number {i}") for i in range(entries)]
    (figure,) = pages([("a panel", [])], lambda axes, rows: [], handles, 3.4)
    panel = figure.axes[0].get_window_extent()
    assert not panel.overlaps(figure.legends[0].get_window_extent())
    assert panel.height > 0.5 * 3.4 * figure.dpi
