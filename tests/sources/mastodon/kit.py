"""A real server that speaks Mastodon's API: mastodon-mock, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx

TOKEN = "_".join(("ada", "token"))
"""Of an account that the server makes itself."""


class Server:
    """One server on one port, with a database that outlives it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.stream = f"mastodon+ws://127.0.0.1:{self.port}"
        self._config = folder / "mock.toml"
        self._config.write_text(f'[database]\npath = "{folder / "mock.db"}"\n')
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = process = subprocess.Popen(
            (
                *(sys.executable, "-m", "mastodon_mock", "serve", "--config", str(self._config)),
                *("--host", "127.0.0.1", "--port", str(self.port), "--demo"),
            ),
            stderr=subprocess.STDOUT,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        output = b""
        for line in process.stdout:
            output += line
            if b"Uvicorn running" in line:
                break
        else:
            raise AssertionError(output.decode())
        threading.Thread(target=process.stdout.read, daemon=True).start()

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            self._process.wait()

    async def say(self, text: str, **fields: str) -> str:
        """Post something; its id."""
        return str((await self._call("POST", "/api/v1/statuses", status=text, **fields))["id"])

    async def change(self, id: str, text: str) -> None:
        """Edit a post."""
        await self._call("PUT", f"/api/v1/statuses/{id}", status=text)

    async def delete(self, id: str) -> None:
        """Take a post down."""
        await self._call("DELETE", f"/api/v1/statuses/{id}")

    async def _call(self, method: str, path: str, **data: str) -> Any:
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(
                method,
                f"http://127.0.0.1:{self.port}{path}",
                data=data,
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=30,
            )
        answer.raise_for_status()
        return answer.json()
