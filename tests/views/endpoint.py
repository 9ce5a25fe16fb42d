"""A small OpenAI-compatible server on loopback, for the pages that test a connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Serves one model to whoever knows the key."""

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def allowed(self) -> bool:
        if self.headers.get("Authorization") == "Bearer sk-right-key":
            return True
        self.answer(401, {"error": {"message": "Incorrect API key provided"}})
        return False

    def do_GET(self) -> None:
        if self.allowed():
            self.answer(200, {"object": "list", "data": [{"id": "docket-8b"}, {"id": "docket-2b"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.allowed():
            choice = {"index": 0, "message": {"role": "assistant", "content": "OK"}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 4, "completion_tokens": 1, "total_tokens": 5}
            self.answer(200, {"id": "1", "model": "docket-8b-2026-06", "choices": [choice], "usage": usage})


@contextmanager
def serving() -> Iterator[int]:
    """The port of a running server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
