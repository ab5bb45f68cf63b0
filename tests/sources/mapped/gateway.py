"""An OpenClaw gateway, as far as it matters and as 2026.9.6 was seen to behave: a challenge,
sessions, messages as they come, what was said before with a cursor, and numbers on events."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.server import ServerConnection

MOST_SINCE = 200
"""Messages since a cursor; of more than these it gives none."""


class Gateway:
    """A server that is told what is said in its sessions."""

    def __init__(self, token: str, *sessions: str) -> None:
        self.token = token
        self.sessions: dict[str, list[dict[str, Any]]] = {key: [] for key in sessions}
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.born = 0
        """Of a reset, the cursors of before are of no use."""
        self.news = asyncio.Condition()
        """Something was asked."""
        self.deaf: set[str] = set()
        """Methods that are not answered."""
        self.more_sessions = False
        """It does not list all sessions."""
        self._client: ServerConnection | None = None
        self._subscribed: set[str] = set()
        self._seq = 0

    async def __call__(self, websocket: ServerConnection) -> None:
        self.connections += 1
        self._client, self._seq = websocket, 0
        self._subscribed.clear()
        challenge = {"type": "event", "event": "connect.challenge", "payload": {"nonce": "n"}}
        await websocket.send(json.dumps(challenge))
        async for text in websocket:
            request = json.loads(text)
            async with self.news:
                self.requests.append(request)
                self.news.notify_all()
            if request["method"] not in self.deaf:
                await websocket.send(json.dumps(self._answer(request)))

    async def say(self, key: str, text: str, *, at: int, lost: bool = False) -> None:
        """Somebody says something, ``at`` in milliseconds; ``lost``: a slow reader is not told."""
        said = self.sessions.setdefault(key, [])
        said.append(
            {
                "role": "assistant",
                "content": [{"type": "text", "text": text}],
                "timestamp": at,
                "__openclaw": {"id": f"{key}-{len(said) + 1}", "seq": len(said) + 1},
            }
        )
        if key in self._subscribed:
            await self.tell("session.message", self._live(key, said[-1]), lost=lost)

    async def tell(self, event: str, payload: dict[str, Any], *, lost: bool = False) -> None:
        """An event to who listens."""
        self._seq += 1
        if self._client is not None and not lost:
            told = {"type": "event", "event": event, "payload": payload, "seq": self._seq}
            await self._client.send(json.dumps(told))

    async def hang_up(self, code: int = 1012, reason: str = "service restart") -> None:
        """The connection ends; nobody is subscribed any more."""
        self._subscribed.clear()
        if self._client is not None:
            await self._client.close(code, reason)

    # --- answers ----------------------------------------------------------------------------------

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], request["params"]
        answer: dict[str, Any] = {"type": "res", "id": request["id"], "ok": True}
        match method:
            case "connect" if params["auth"].get("token") != self.token:
                details = {"code": "AUTH_TOKEN_MISMATCH", "authReason": "token_mismatch"}
                message = "unauthorized: gateway token mismatch"
                error = {"code": "INVALID_REQUEST", "message": message, "details": details}
                return {**answer, "ok": False, "error": error}
            case "connect":
                payload = {"type": "hello-ok", "protocol": 4}
            case "sessions.list":
                listed = [{"key": key} for key in self.sessions]
                payload = {"sessions": listed, "hasMore": self.more_sessions}
            case "sessions.messages.subscribe":
                self._subscribed.add(params["key"])
                payload = {"subscribed": True, "key": params["key"]}
            case "chat.history":
                payload = self._history(params)
            case _:
                payload = {"subscribed": True}
        return {**answer, "payload": payload}

    def _history(self, params: dict[str, Any]) -> dict[str, Any]:
        key = params["sessionKey"]
        said = self.sessions.get(key, [])
        cursor = f"{self.born}/{key}/{len(said)}"
        if "cursor" not in params:
            limit = params["limit"]
            tail = {"sessionKey": key, "messages": said[-limit:], "hasMore": len(said) > limit}
            return {**tail, "deltaCursor": cursor}
        born, place, seen = params["cursor"].split("/")
        news = said[int(seen) :]
        if (born, place) != (str(self.born), key) or len(news) > MOST_SINCE:
            return {"kind": "reset"}
        messages = [self._live(key, message) for message in news]
        return {"kind": "delta", "messages": messages, "deltaCursor": cursor}

    def _live(self, key: str, message: dict[str, Any]) -> dict[str, Any]:
        known = message["__openclaw"]
        return {
            "sessionKey": key,
            "message": message,
            "messageId": known["id"],
            "messageSeq": known["seq"],
        }
