"""Any server's faults end in rows: nothing is raised for one, nothing hangs, nothing is invented or given away."""

import asyncio
import json
import multiprocessing
import pickle
import random
import signal
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from fault_server import BROKEN, FaultServer

from pragenv import Message, Simulator, SimulatorError, UserTurn, UserView
from pragenv.errors import ConfigError, ModelError
from pragenv.models.answer import Answer
from pragenv.models.endpoint import Endpoint
from pragenv.protocols import Completion, Sampling, Usage
from pragenv.registration import agents, make_env
from pragenv.rollout import Names, rollout
from pragenv.types import EndReason

KEY = "sk-1234'56/78+secret"
pytestmark = pytest.mark.filterwarnings("ignore:Endpoint")


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as healthy:
        yield healthy


def endpoint(server: FaultServer | str, **arguments: Any) -> Endpoint:
    url = server if isinstance(server, str) else server.base_url
    quick = {"timeout": 5.0, "deadline": 20.0, "retries": 2, "backoff": 0.01}
    return Endpoint("m", url, **quick | arguments)


def ask(model: Endpoint, rows: int = 1, start: int = 0, **sampling: Any) -> list[Completion | ModelError]:
    prompts = [(Message("system", "Be brief."), Message("user", f"row {i}")) for i in range(start, start + rows)]
    return model.complete(prompts, Sampling(**sampling), range(start, start + rows))


def one(model: Endpoint, **sampling: Any) -> Completion:
    (row,) = ask(model, **sampling)
    assert isinstance(row, Completion), row
    return row


def failure(model: Endpoint) -> str:
    (row,) = ask(model)
    assert isinstance(row, ModelError)
    return str(row)


def texts(rows: Sequence[Completion | ModelError]) -> list[str]:
    return [row.text if isinstance(row, Completion) else f"{row}" for row in rows]


# --- what is sent and what is understood ---


def test_a_request_holds_what_determines_the_answer(server: FaultServer) -> None:
    row = one(endpoint(server), temperature=0.7, top_p=0.9, max_tokens=12)
    (sent,) = server.requests
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "row 0"}]
    assert (sent["model"], sent["temperature"], sent["top_p"], sent["max_tokens"]) == ("m", 0.7, 0.9, 12)
    assert sent["logprobs"] is True
    assert row.text == f"row 0 / {sent['seed']}"
    assert row.logprobs == (-0.25,) * 4
    assert (row.tokens, row.entropies, row.signal, row.finish) == (None, None, None, "stop")
    assert row.usage == Usage(10, None, 4)


def test_each_key_has_a_seed_of_31_bits(server: FaultServer) -> None:
    keys = [0, 1, 2**62, 2**63 - 1, *range(10, 30)]
    model = endpoint(server)
    model.complete([(Message("user", "hi"),)] * len(keys), Sampling(), keys)
    seeds = {request["seed"] for request in server.requests}
    assert len(seeds) == len(keys)
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_rows_stay_in_order_and_the_concurrency_is_bounded() -> None:
    with FaultServer(delay=0.01) as server:
        rows = ask(endpoint(server, concurrency=5), 60)
        assert [text.split(" /")[0] for text in texts(rows)] == [f"row {i}" for i in range(60)]
        assert 1 < server.peak <= 5


def test_threads_share_the_bound() -> None:
    with FaultServer(delay=0.01) as server:
        model = endpoint(server, concurrency=3)
        threads = [threading.Thread(target=ask, args=(model, 10, 10 * i)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == model.usage["answers"] == 40
        assert 1 < server.peak <= 3


def test_extra_fields_are_sent_and_nulls_leave_out(server: FaultServer) -> None:
    extra = {"max_tokens": None, "max_completion_tokens": 9, "reasoning": {"effort": "low"}, "seed": None}
    one(endpoint(server, extra_body=extra))
    (sent,) = server.requests
    assert {"max_tokens", "seed"} & set(sent) == set()
    assert (sent["max_completion_tokens"], sent["reasoning"]) == (9, {"effort": "low"})


def test_a_tools_message_is_heard_from_the_user(server: FaultServer) -> None:
    prompt = (Message("user", "a"), Message("assistant", "b"), Message("tool", "c"))
    endpoint(server).complete([prompt], Sampling(), [1])
    assert [m["role"] for m in server.requests[0]["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize("text", [None, ""])
def test_an_empty_reply_is_a_completion(text: str | None) -> None:
    with FaultServer(reply=lambda body: text) as server:
        row = one(endpoint(server))
        assert (row.text, row.finish, row.logprobs) == ("", "stop", None)
        assert len(server.requests) == 1


def test_what_a_server_does_not_say_is_none() -> None:
    answer = Answer.parse('{"choices": [{"message": {}}], "usage": {"prompt_tokens": "3", "completion_tokens": -1}}')
    assert answer == Answer("", "unknown", None, Usage(), False)
    given = '{"content": [{"logprob": -1.5}, {"logprob": 0}]}'
    for logprobs, read in ((given, (-1.5, 0.0)), ('{"content": [{"logprob": null}]}', None), ('{"content": 3}', None)):
        whole = f'{{"choices": [{{"message": {{"content": "ü"}}, "finish_reason": "length", "logprobs": {logprobs}}}]}}'
        answer = Answer.parse(whole)
        assert (answer.logprobs, answer.finish) == (read, "length")
        assert Answer.parse(answer.body()) == answer


def test_a_text_that_cannot_be_sent_ends_its_own_row(server: FaultServer) -> None:
    prompts = [(Message("user", text),) for text in ("fine", "half \ud800", "fine too")]
    first, broken, last = endpoint(server).complete(prompts, Sampling(), [1, 2, 3])
    assert isinstance(broken, ModelError)
    assert "UnicodeEncodeError" in str(broken)
    assert texts([first, last])[0].startswith("fine /")


def test_scores_are_not_invented(server: FaultServer) -> None:
    rows = endpoint(server).score([(Message("user", "hi"),)] * 2, ["a", "b"])
    assert [type(row) for row in rows] == [ModelError, ModelError]
    assert "cannot score" in str(rows[0])
    assert server.requests == []


# --- what the server ignores ---


def test_missing_logprobs_and_seeds_are_counted_and_warned_of_once() -> None:
    with FaultServer(logprobs="ignored", fingerprint=False) as server:
        model = endpoint(server)
        with pytest.warns(UserWarning, match=r"no log-probabilities.*no system_fingerprint") as caught:
            rows = ask(model, 3)
        assert len(caught) == 1
        assert all(isinstance(row, Completion) and row.logprobs is None for row in rows)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            one(model, temperature=0.0)  # where no seed is of any use
        assert model.ignored == {"logprobs": 4, "seed": 3}
        assert json.loads(json.dumps(model.report()))["ignored"] == {"logprobs": 4, "seed": 3}


def test_a_server_that_gives_everything_is_not_warned_of(server: FaultServer) -> None:
    model = endpoint(server)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ask(model, 3)
    assert model.ignored == {}


def test_refused_logprobs_are_left_out_from_then_on() -> None:
    with FaultServer(logprobs="refused") as server:
        model = endpoint(server)
        assert one(model).logprobs is None
        ask(model, 5)
        assert ["logprobs" in request for request in server.requests] == [True] + [False] * 6
        assert model.ignored["logprobs"] == 6


def test_a_refusal_for_another_reason_does_not_cost_the_logprobs() -> None:
    with FaultServer(["400"]) as server:
        model = endpoint(server)
        assert "HTTP 400" in failure(model)
        assert len(server.requests) == 2
        server.faults = ()
        assert one(model).logprobs is not None


# --- faults ---


@pytest.mark.parametrize("fault", BROKEN)
def test_a_lasting_fault_ends_in_an_error_in_bounded_time(fault: str) -> None:
    with FaultServer([fault]) as server:
        model = endpoint(server, retries=1, timeout=0.3)
        start = time.monotonic()
        rows = ask(model, 3)
        assert time.monotonic() - start < 4
        assert all(isinstance(row, ModelError) for row in rows)
        assert model.usage["errors"] == 3
        assert (model.usage["requests"], model.usage["retries"]) == (6, 3)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_passing_fault_is_mended(fault: str) -> None:
    with FaultServer([fault], rate=0.3, seed=5) as server:
        model = endpoint(server, retries=8, timeout=0.3)
        rows = ask(model, 12)
        assert [text.split(" /")[0] for text in texts(rows)] == [f"row {i}" for i in range(12)]
        assert (model.usage["retries"] or 0) >= server.met[fault] > 0


@pytest.mark.parametrize("status", ["401", "403", "404", "413"])
def test_what_no_retry_mends_is_not_retried(status: str) -> None:
    with FaultServer([status]) as server:
        assert f"HTTP {status}" in failure(endpoint(server))
        assert len(server.requests) == 1


@pytest.mark.parametrize(("rate", "seed"), [(0.1, 1), (0.5, 2)])
def test_every_row_of_a_mixture_is_accounted_for(rate: float, seed: int) -> None:
    with FaultServer(BROKEN, rate, seed) as server:
        model = endpoint(server, timeout=0.3, retries=3, concurrency=32)
        start = time.monotonic()
        rows = ask(model, 300)
        assert time.monotonic() - start < 30
        answers = [row for row in rows if isinstance(row, Completion)]
        errors = [row for row in rows if isinstance(row, ModelError)]
        assert len(answers) + len(errors) == 300
        for i, row in enumerate(rows):
            assert isinstance(row, ModelError) or row.text.startswith(f"row {i} /")
        usage = model.usage
        assert (usage["answers"], usage["errors"]) == (len(answers), len(errors))
        assert usage["requests"] == 300 + (usage["retries"] or 0)
        # On a busy machine a request may be given up before it arrives, or while its reply is on its way.
        assert len(server.requests) <= (usage["requests"] or 0)
        assert len(answers) <= server.met["none"]
        assert len(errors) <= 300 * rate**4 + 30


def test_no_server_at_all() -> None:
    with FaultServer() as server:
        pass
    said = failure(endpoint(server))
    assert server.base_url in said
    assert "no connection" in said


@pytest.mark.parametrize("wanted", ["3600", "Fri, 31 Dec 2999 23:59:59 GMT", "inf"])
def test_a_pause_beyond_the_deadline_is_not_begun(wanted: str) -> None:
    with FaultServer(["429"], retry_after=wanted) as server:
        start = time.monotonic()
        assert "HTTP 429" in failure(endpoint(server, deadline=10))
        assert time.monotonic() - start < 2
        assert len(server.requests) == 1


@pytest.mark.parametrize(("wanted", "least"), [("0.4", 0.8), ("0", 0.0), ("soon", 0.0), ("-5", 0.0), ("nan", 0.0)])
def test_a_pause_that_the_server_wants_is_made(wanted: str, least: float) -> None:
    with FaultServer(["429"], retry_after=wanted) as server:
        start = time.monotonic()
        failure(endpoint(server))
        assert least <= time.monotonic() - start < least + 3
        assert len(server.requests) == 3


def test_the_deadline_holds_whatever_the_retries() -> None:
    with FaultServer(["stall"]) as server:
        start = time.monotonic()
        said = failure(endpoint(server, timeout=0.3, deadline=0.7, retries=100))
        assert time.monotonic() - start < 2
        assert "no answer within 0.7 s; before that: no complete response within 0.3 s" in said


def test_a_body_without_end_does_not_fill_the_memory() -> None:
    with FaultServer(["flood"]) as server:
        assert "longer than" in failure(endpoint(server, retries=0, timeout=15))


def test_pauses_leave_the_global_generator_alone() -> None:
    state = random.getstate()
    with FaultServer(["500"]) as server:
        failure(endpoint(server))
    assert random.getstate() == state


# --- usage ---


def test_usage_and_cost_add_up(server: FaultServer) -> None:
    model = endpoint(server, prices={"prompt": 2.0, "completion": 5})
    ask(model, 4)
    assert model.usage["prompt_tokens"] == 40
    assert model.usage["completion_tokens"] == 16
    assert model.usage["cost"] == pytest.approx((40 * 2 + 16 * 5) / 1e6)
    with pytest.raises(TypeError):
        model.usage["cost"] = 0  # type: ignore[index]


def test_an_unmetered_answer_is_counted_as_such() -> None:
    with FaultServer(usage=False) as server:
        model = endpoint(server)
        assert one(model).usage == Usage()
        assert (model.usage["unmetered"], model.usage["cost"]) == (1, None)


# --- the recording ---


def counting() -> Any:
    """Replies of which no two are the same, as of a server that has no use for seeds."""
    counter = iter(range(10**6))
    return lambda body: f"reply {next(counter)}"


def test_a_recording_replays_with_the_server_gone(tmp_path: Path) -> None:
    with FaultServer(reply=counting()) as server:
        model = endpoint(server, record=tmp_path, prices={"prompt": 1})
        first = ask(model, 20)
        assert ask(model, 20) == first
        assert len(server.requests) == model.usage["replayed"] == 20
        assert model.usage["prompt_tokens"] == 200
    elsewhere = endpoint("http://127.0.0.1:1/v1", record=str(tmp_path), replay_only=True)
    assert ask(elsewhere, 20) == first
    assert (elsewhere.usage["requests"], elsewhere.usage["prompt_tokens"]) == (0, 0)
    (missed,) = ask(elsewhere, 1, temperature=0.5)
    assert isinstance(missed, ModelError)
    assert "not in the recording" in str(missed)


def test_everything_that_determines_the_answer_is_in_the_key(server: FaultServer, tmp_path: Path) -> None:
    models = [
        endpoint(server, record=tmp_path),
        endpoint(server, record=tmp_path, extra_body={"top_k": 3}),
        Endpoint("other", server.base_url, record=tmp_path),
    ]
    for i, model in enumerate(models):
        ask(model)
        assert len(server.requests) == i + 1
    for i, sampling in enumerate(({"temperature": 0.0}, {"top_p": 0.5}, {"max_tokens": 3})):
        ask(models[0], **sampling)
        assert len(server.requests) == i + 4
    models[0].complete([(Message("system", "Be brief."), Message("user", "row 0"))], Sampling(), [1])
    assert len(server.requests) == 7
    ask(endpoint(server, record=tmp_path, concurrency=2, timeout=1))
    assert len(server.requests) == 7


def test_errors_are_not_recorded(tmp_path: Path) -> None:
    with FaultServer(["500"]) as server:
        assert "500" in failure(endpoint(server, record=tmp_path))
        server.faults = ()
        assert one(endpoint(server, record=tmp_path)).text


def recorded_by(url: str, folder: Path, pipe: Any) -> None:
    pipe.send(texts(ask(endpoint(url, record=folder), 40)))


def test_processes_that_share_a_recording_hear_the_same(tmp_path: Path) -> None:
    with FaultServer(reply=counting(), delay=0.005) as server:
        context, pipes = multiprocessing.get_context("fork"), []
        for _ in range(3):
            here, there = context.Pipe()
            context.Process(target=recorded_by, args=(server.base_url, tmp_path, there), daemon=True).start()
            pipes.append(here)
        assert all(pipe.poll(30) for pipe in pipes)
        heard = [pipe.recv() for pipe in pipes]
    assert all(text.startswith("reply ") for text in heard[0])
    assert heard[0] == heard[1] == heard[2]
    assert texts(ask(endpoint("http://127.0.0.1:1/v1", record=tmp_path, replay_only=True), 40)) == heard[0]


class Bomb:
    """Says so where it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (Path("exploded"), "boom"))


@pytest.mark.parametrize("mode", [2, 3, 4])
@pytest.mark.parametrize("inside", [True, False], ids=["in the database", "in a file"])
def test_a_recording_is_never_unpickled(
    server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, inside: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    one(endpoint(server, record="tape"))
    bomb = pickle.dumps(Bomb())
    (tmp_path / "bomb").write_bytes(bomb)
    with sqlite3.connect(tmp_path / "tape" / "cache.db") as database:
        value, name = (bomb, None) if inside else (None, "../bomb")
        database.execute("UPDATE Cache SET mode = ?, value = ?, filename = ?", (mode, value, name))
    database.close()
    said = failure(endpoint(server, record="tape"))
    assert "no recorded text" in said
    assert not Path("exploded").exists()
    assert Path("bomb").exists()


def test_a_recording_deletes_no_file(server: FaultServer, tmp_path: Path) -> None:
    one(endpoint(server, record=tmp_path / "tape"))
    (tmp_path / "mine").write_text("keep me")
    with sqlite3.connect(tmp_path / "tape" / "cache.db") as database:
        database.execute("UPDATE Cache SET expire_time = 1, filename = '../mine'")
    database.close()
    one(endpoint(server, record=tmp_path / "tape"))
    assert (tmp_path / "mine").exists()


def test_a_broken_recording_is_an_error_of_each_row(server: FaultServer, tmp_path: Path) -> None:
    (tmp_path / "cache.db").write_bytes(b"this is no database, whatever its name says" * 100)
    rows = ask(endpoint(server, record=tmp_path), 3)
    assert all(isinstance(row, ModelError) and str(tmp_path) in str(row) for row in rows)
    assert server.requests == []


# --- where it is called from ---


def test_it_works_within_a_running_event_loop(server: FaultServer) -> None:
    async def cell() -> str:
        return one(endpoint(server)).text

    assert asyncio.run(cell()).startswith("row 0")


def test_an_interrupted_call_leaves_nothing_behind() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with FaultServer() as server:
            model = endpoint(server, timeout=15, concurrency=4)
            ask(model)
            server.faults = ("stall",)
            signal.setitimer(signal.ITIMER_REAL, 0.4)
            with pytest.raises(KeyboardInterrupt):
                ask(model, 8)
            server.faults, start = (), time.monotonic()
            assert len(texts(ask(model, 8))) == 8
            assert time.monotonic() - start < 10
    finally:
        signal.signal(signal.SIGALRM, before)


def test_it_pickles_before_and_after_use(server: FaultServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = endpoint(server, record=tmp_path, prices={"prompt": 1})
    for _ in range(2):
        copy = pickle.loads(pickle.dumps(model))  # noqa: S301
        assert copy.report() == endpoint(server, prices={"prompt": 1}).report()
        assert texts(ask(copy, 2)) == texts(ask(model, 2))
    assert KEY.encode() not in pickle.dumps(model)


def test_a_forked_child_makes_its_own_connections(server: FaultServer, tmp_path: Path) -> None:
    model = endpoint(server, record=tmp_path)
    before = ask(model, 3)
    context = multiprocessing.get_context("fork")
    for n in range(5):
        ask(endpoint(server, record=tmp_path / "dropped"), 2, start=2 * n)  # whose end must leave no lock behind
        here, there = context.Pipe()
        context.Process(target=lambda to=there: to.send((ask(model, 5), dict(model.usage))), daemon=True).start()
        assert here.poll(20)
        rows, usage = here.recv()
        assert rows[:3] == before == ask(model, 3)
        assert usage["answers"] == 5


def test_a_model_that_is_dropped_ends_its_thread(server: FaultServer) -> None:
    others = set(threading.enumerate())
    ask(endpoint(server))
    limit = time.monotonic() + 5
    while any(thread.name == "pragenv-endpoint" for thread in set(threading.enumerate()) - others):
        assert time.monotonic() < limit
        time.sleep(0.01)


# --- keys ---


@pytest.mark.parametrize("fault", ["echo_key", "malformed", "500"])
def test_the_key_is_in_no_message(
    fault: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with FaultServer([fault]) as server, caplog.at_level("DEBUG"):
        model = endpoint(server, api_key_env="MY_KEY", record=tmp_path, retries=1)
        said = failure(model) + repr(model) + str(model.report())
        assert ("[key]" in said) == (fault == "echo_key")
        assert model.__dict__.items() >= {"api_key_env": "MY_KEY"}.items()
    assert "1234" not in said + caplog.text
    assert all(b"1234" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_key_is_in_no_completion_and_no_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with FaultServer(reply=lambda body: f"you sent Bearer {KEY}, did you?") as server:
        row = one(endpoint(server, api_key_env="MY_KEY", record=tmp_path))
    assert row.text == "you sent Bearer [key], did you?"
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize("sent", ["EMPTY", ""])
def test_a_placeholder_is_no_secret(sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", sent)
    with FaultServer(reply=lambda body: "the glass is EMPTY") as server:
        assert one(endpoint(server)).text == "the glass is EMPTY"


# --- configuration ---


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"base_url": "localhost:8000/v1"}, "must look like http"),
        ({"base_url": "ftp://host/v1"}, "must look like http"),
        ({"base_url": "http://host:99999/v1"}, "must look like http"),
        ({"base_url": None}, "must look like http"),
        ({"base_url": "http://me:secret@host/v1"}, "no user, password"),
        ({"base_url": "http://host/v1?api-key=secret"}, "no user, password"),
        ({"base_url": "http://host/v1/chat/completions/"}, "ends before /chat"),
        ({"model": ""}, "the server's name"),
        ({"api_key_env": "sk-secret"}, "the NAME of an environment variable"),
        ({"api_key_env": "BAD_KEY"}, "characters that no HTTP header takes"),
        ({"concurrency": 0}, "concurrency must be a whole number"),
        ({"retries": 1.5}, "retries must be a whole number"),
        ({"timeout": 0}, "timeout must be a number of seconds"),
        ({"timeout": "5"}, "timeout must be a number of seconds"),
        ({"deadline": 10}, "must be at least timeout"),
        ({"backoff": -1}, "backoff must be a number of seconds"),
        ({"prices": {"prompts": 1}}, "did you mean 'prompt'"),
        ({"prices": {"prompt": -1}}, "a price for a million tokens"),
        ({"prices": 3}, "must be a mapping"),
        ({"extra_body": {"stream": True}}, "must not hold 'stream'"),
        ({"extra_body": {"seed": 3}}, "only leave out 'seed'"),
        ({"extra_body": {"a": {1, 2}}}, "must be JSON"),
        ({"replay_only": True}, "needs a recording"),
        ({"replay_only": True, "record": "nowhere"}, "needs a recording"),
        ({"record": __file__}, "must be a folder"),
    ],
    ids=str,
)
def test_what_cannot_work_is_refused(arguments: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAD_KEY", "sécret\nsecond")
    with pytest.raises(ConfigError, match=said) as refused:
        Endpoint(**{"model": "m", "base_url": "http://host/v1"} | arguments)
    assert "secret" not in str(refused.value)


# --- a user behind a server that fails half of the time ---


class Chatty(Simulator):
    """Says what the model says."""

    def __init__(self, model: Endpoint) -> None:
        self.model = model

    def reply(self, view: UserView) -> UserTurn:
        prompt = (Message("system", "You are the user."), Message("user", f"turn {view.turn}"))
        (row,) = self.model.complete([prompt], Sampling(), [view.keys.turn(view.turn)])
        if isinstance(row, ModelError):
            raise SimulatorError(str(row))
        return UserTurn(row.text)


def test_every_episode_ends_scored_or_as_simulator_error() -> None:
    with FaultServer(BROKEN, 0.5, seed=3) as server:
        user = Chatty(endpoint(server, timeout=0.1, retries=1))
        ends = []
        for agent in ("clarify_first", "answer_first"):
            env = make_env("clarify", simulator=user, split="test")
            names = Names("clarify", "default", "test", "chatty", agent)
            rows = [row for block in rollout(env, agents.make(agent), names, 7, 6) for row in block]
            assert [row.index for row in rows] == list(range(6))
            assert all(row.scored != (row.end_reason is EndReason.SIMULATOR_ERROR) for row in rows)
            ends += [row.end_reason for row in rows]
            assert all(row.error.startswith("SimulatorError: model 'm' at") for row in rows if not row.scored)
    assert {EndReason.COMMITTED, EndReason.SIMULATOR_ERROR} <= set(ends)
    assert (user.model.usage["errors"] or 0) >= ends.count(EndReason.SIMULATOR_ERROR)
