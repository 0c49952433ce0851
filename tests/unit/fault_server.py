"""An OpenAI-compatible server that fails as servers do: at a given rate, decided by a seeded counter of requests."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from pragenv.types import mix, uniform

BODIES = {
    "malformed": '{"choices": [{"message": {"content": "half of a',
    "html": "<html><body>502 Bad Gateway</body></html>",
    "no_choices": '{"choices": []}',
    "not_an_object": "[]",
    "odd_content": '{"choices": [{"message": {"content": 7}}]}',
    "half_character": b'{"choices": [{"message": {"content": "\xc3"}}]}',
}
"""Bodies of a response with status 200 that are no completion."""
BROKEN = ("429", "500", "503", "stall", "cut", "cut_midway", "endless", "flood", *BODIES)
"""Faults that a retry may mend."""


def echo(body: Mapping[str, Any]) -> str:
    """A reply that depends on what was asked and on the seed."""
    return f"{body['messages'][-1]['content']} / {body.get('seed')}"


class FaultServer:
    """Serves on a port of its own while it is entered.

    Args:
        faults: names to choose from.
        rate: of requests that meet a fault.
        seed: of the choice.
        reply: makes the text of a reply from the request; None and '' are the empty replies.
        logprobs: `given`, `ignored`, or `refused` with status 400.
        retry_after: header of a 429.
        fingerprint: whether replies carry a `system_fingerprint`.
        usage: whether they carry token counts.
        delay: seconds for every reply.
    """

    def __init__(
        self,
        faults: Sequence[str] = (),
        rate: float = 1.0,
        seed: int = 0,
        reply: Callable[[Mapping[str, Any]], Any] = echo,
        logprobs: str = "given",
        retry_after: str | None = None,
        fingerprint: bool = True,
        usage: bool = True,
        delay: float = 0.0,
    ) -> None:
        self.faults, self.rate, self.seed, self.reply = tuple(faults), rate, seed, reply
        self.logprobs, self.retry_after, self.fingerprint, self.usage = logprobs, retry_after, fingerprint, usage
        self.delay = delay
        self.requests: list[dict[str, Any]] = []
        self.met: Counter[str] = Counter()
        self.peak = self._now = 0
        self.closing, self._lock = threading.Event(), threading.Lock()

    def __enter__(self) -> Self:
        self._http = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"faulty": self}))
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        # A short interval: shutdown waits for one.
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()

    def begin(self, body: dict[str, Any]) -> str | None:
        """Count a request; returns the fault that it is to meet."""
        with self._lock:
            drawn = mix(self.seed, len(self.requests))
            self.requests.append(body)
            self._now += 1
            self.peak = max(self.peak, self._now)
            if self.logprobs == "refused" and "logprobs" in body:
                fault: str | None = "refused"
            elif self.faults and uniform(drawn) < self.rate:
                fault = self.faults[mix(drawn, 1) % len(self.faults)]
            else:
                fault = None
            self.met[fault or "none"] += 1
            return fault

    def end(self) -> None:
        """A request is about to be answered."""
        with self._lock:
            self._now -= 1

    def completion(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a healthy server answers."""
        text = self.reply(body)
        words = (text or "").split()
        choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        if body.get("logprobs") and self.logprobs == "given":
            choice["logprobs"] = {"content": [{"token": word, "logprob": -0.25} for word in words]}
        whole: dict[str, Any] = {"object": "chat.completion", "choices": [choice]}
        if self.usage:
            whole["usage"] = {"prompt_tokens": 10, "completion_tokens": len(words), "total_tokens": 10 + len(words)}
        if self.fingerprint:
            whole["system_fingerprint"] = "fp"
        return whole


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close = True, False
    request_queue_size = 128  # with the default of 5, connections made at a time wait for a second


class _Handler(BaseHTTPRequestHandler):
    faulty: FaultServer
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # a kept connection that the client has reset
            self.close_connection = True

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        except ValueError:  # the client has left amid its own words
            self.close_connection = True
            return
        fault = self.faulty.begin(body)
        if fault is None:
            self.faulty.closing.wait(self.faulty.delay)
        # Before the reply, on which a client may send its next request at once; only a delay counts as being served.
        self.faulty.end()
        try:
            if fault is None:
                self.say(200, json.dumps(self.faulty.completion(body)))
            else:
                self.fail(fault)
        except OSError:  # the client has left
            self.close_connection = True

    def say(self, status: int, text: str | bytes, headers: Mapping[str, str] | None = None, missing: int = 0) -> None:
        content = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) + missing))
        self.end_headers()
        self.wfile.write(content)

    def fail(self, fault: str) -> None:
        if fault in BODIES:
            self.say(200, BODIES[fault])
        elif fault == "refused":
            self.say(400, json.dumps({"error": {"message": "logprobs are not supported"}}))
        elif fault == "echo_key":  # far enough back for a message that is cut off to be cut within the key
            self.say(401, json.dumps({"error": {"message": "pad " * 62 + self.headers["Authorization"]}}))
        elif fault.isdigit():
            after = {"Retry-After": self.faulty.retry_after} if self.faulty.retry_after is not None else {}
            self.say(int(fault), json.dumps({"error": {"message": f"status {fault}"}}), after)
        elif fault == "stall":
            self.faulty.closing.wait(60)
        elif fault == "cut":  # with a reset instead of a farewell
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault == "cut_midway":
            self.say(200, '{"choices": [', missing=100)
            self.close_connection = True
        else:
            assert fault in ("endless", "flood")
            self.pour(b" " * 65536 if fault == "flood" else b" ", 0.0 if fault == "flood" else 0.02)

    def pour(self, piece: bytes, pause: float) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        while not self.faulty.closing.is_set():
            self.wfile.write(piece)
            time.sleep(pause)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read their own output."""
