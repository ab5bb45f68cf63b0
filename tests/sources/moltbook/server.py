"""A Moltbook server for tests: a small forum, three dialects, and the faults met in the wild."""

from __future__ import annotations

import atexit
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from msgspec import Struct, field
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from moltwatch.times import SECOND, Micros, format_time
from tests.sources.fakes import T0

DIALECTS = ("production", "open-source", "february")
Answers = Callable[[Request], Response]
Fault = Callable[[Request], Response | None]
"""Answers in the forum's place, or lets it answer."""


class Entry(Struct, kw_only=True):
    """A post or a comment."""

    id: str
    at: Micros
    author: str
    text: str
    thread: str = ""
    parent: str | None = None
    submolt: str = "general"
    votes: int = 0
    bio: str | None = None
    pinned: bool = False
    deleted: bool = False


class Forum(Struct, kw_only=True):
    """What the server knows, and how it behaves."""

    dialect: str = "production"
    posts: list[Entry] = field(default_factory=list)
    comments: list[Entry] = field(default_factory=list)
    largest: int = 100
    """No page is larger, whatever is asked for."""
    faults: list[Fault] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    """On every answer."""
    asked: list[Request] = field(default_factory=list)
    """Every request, in order."""
    tags: bool = True

    # --- what agents do -----------------------------------------------------------------------

    def post(self, id: str, seconds: float, author: str = "ada", **fields: Any) -> None:
        """Somebody posts, so many seconds after T0."""
        at = T0 + round(seconds * SECOND)
        fields = {"text": f"What I thought about {id}."} | fields
        self.posts.append(Entry(id=id, at=at, author=author, **fields))

    def comment(
        self,
        id: str,
        seconds: float,
        thread: str,
        parent: str | None = None,
        author: str = "bob",
        **fields: Any,
    ) -> None:
        """Somebody answers."""
        at = T0 + round(seconds * SECOND)
        fields = {"text": f"My answer {id}."} | fields
        entry = Entry(id=id, at=at, author=author, thread=thread, parent=parent, **fields)
        self.comments.append(entry)

    # --- what the server does -----------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        for fault in self.faults:
            if answer := fault(request):
                return self._finish(answer)
        path = request.path.removeprefix("/api/v1")
        parts = path.strip("/").split("/")
        match parts:
            case ["posts"]:
                value = self._list(request)
            case ["posts", id] if entry := self._find(id):
                value = {"success": True, "post": self._post(entry)}
                if self.dialect != "open-source":
                    value["comments"] = self._tree(id, None)
            case ["posts", id, "comments"] if self._find(id):
                key = "data" if self.dialect == "open-source" else "comments"
                value = {"success": True, key: self._tree(id, None)}
            case _:
                return self._finish(says(404, error="Not found"))
        body = json.dumps(value)
        tag = f'"{hashlib.sha256(body.encode()).hexdigest()[:12]}"'
        if self.tags and request.headers.get("If-None-Match") == tag:
            return self._finish(Response(status=304, headers={"ETag": tag}))
        return self._finish(
            Response(
                body, content_type="application/json", headers={"ETag": tag} if self.tags else {}
            )
        )

    def paths(self) -> list[str]:
        """What was asked for, without parameters."""
        return [request.path.removeprefix("/api/v1") for request in self.asked]

    def _finish(self, answer: Response) -> Response:
        for name, value in self.headers.items():
            answer.headers[name] = value
        return answer

    def _find(self, id: str) -> Entry | None:
        return next((post for post in self.posts if post.id == id), None)

    def _list(self, request: Request) -> dict[str, Any]:
        limit = min(int(request.args.get("limit", 25)), self.largest)
        offset = int(request.args.get("cursor") or request.args.get("offset") or 0)
        wanted = request.args.get("submolt")
        posts = [post for post in self.posts if wanted in (None, post.submolt)]
        if request.args.get("sort") == "new":
            posts.sort(key=lambda post: (post.pinned, post.at), reverse=True)
        else:
            posts.sort(key=lambda post: self._count(post.id), reverse=True)
        page = [self._post(post) for post in posts[offset : offset + limit]]
        # As some servers do: true on an exactly full last page, false on one that was cut.
        more = len(page) == int(request.args.get("limit", 25))
        match self.dialect:
            case "production":
                cursor = {"next_cursor": str(offset + limit)} if page else {}
                return {"success": True, "posts": page, "has_more": more, **cursor}
            case "open-source":
                paging = {"count": len(page), "limit": limit, "offset": offset, "hasMore": more}
                return {"success": True, "data": page, "pagination": paging}
        return {
            "success": True,
            "posts": page,
            "count": "1540600",
            "has_more": more,
            "next_offset": offset + limit,
        }

    def _count(self, thread: str) -> int:
        return sum(comment.thread == thread for comment in self.comments)

    def _post(self, post: Entry) -> dict[str, Any]:
        item = self._item(post) | {"title": f"On {post.id}"}
        match self.dialect:
            case "production":
                return item | {
                    "submolt": {"name": post.submolt, "display_name": post.submolt.title()},
                    "comment_count": self._count(post.id),
                    "is_pinned": post.pinned,
                    "is_deleted": post.deleted,
                }
            case "open-source":
                return item | {"submolt": post.submolt, "commentCount": str(self._count(post.id))}
        return item | {
            "submolt": {"id": "s1", "name": post.submolt},
            "comment_count": self._count(post.id),
            "is_pinned": post.pinned,
            "is_deleted": post.deleted,
        }

    def _tree(self, thread: str, parent: str | None) -> list[dict[str, Any]]:
        return [
            self._item(comment) | {"parent_id": parent, "replies": self._tree(thread, comment.id)}
            for comment in sorted(self.comments, key=lambda comment: -comment.at)
            if comment.thread == thread and comment.parent == parent
        ]

    def _item(self, entry: Entry) -> dict[str, Any]:
        when = format_time(entry.at)
        base: dict[str, Any] = {"id": entry.id, "content": entry.text or None}
        match self.dialect:
            case "production":
                author = {"name": entry.author, "karma": 3, "description": entry.bio}
                created = when.removesuffix("Z") + "+00:00"
                return base | {"author": author, "upvotes": entry.votes, "created_at": created}
            case "open-source":
                return base | {
                    "author_name": entry.author,
                    "upvotes": str(entry.votes),
                    "createdAt": when,
                }
        author = {"name": entry.author, "description": entry.bio, "followerCount": 7}
        return base | {
            "author_id": f"id-{entry.author}",
            "author": author,
            "score": entry.votes,
            "created_at": when,
        }


def says(status: int, headers: dict[str, str] | None = None, **body: Any) -> Response:
    """An error, or anything else, as JSON."""
    value = {"success": status < 400, **body}
    return Response(json.dumps(value), status, headers, content_type="application/json")


def faulty(
    answer: Response, *, times: int = 10**9, when: Callable[[Request], bool] = lambda _: True
) -> Fault:
    """A fault that answers the first so many of the requests it is meant for."""
    left = times

    def fault(request: Request) -> Response | None:
        nonlocal left
        if left <= 0 or not when(request):
            return None
        left -= 1
        return answer

    return fault


def is_new(request: Request) -> bool:
    """The first page of new posts is asked for."""
    first = "offset" not in request.args and "cursor" not in request.args
    return request.path.endswith("/posts") and request.args.get("sort") == "new" and first


def is_comments(request: Request) -> bool:
    """The comments of a thread are asked for."""
    return request.path.endswith("/comments")


@contextmanager
def serving(forum: Answers) -> Iterator[str]:
    """The forum on loopback; gives the base address. One server plays all forums in turn: to stop
    one takes half a second."""
    stage = _stage()
    stage.clear()
    stage.expect_request(re.compile("")).respond_with_handler(forum)
    yield f"http://127.0.0.1:{stage.port}/api/v1"


@contextmanager
def serving_alone(forum: Answers, port: int = 0) -> Iterator[str]:
    """The forum on a server of its own, which is gone afterwards."""
    with HTTPServer("127.0.0.1", port, threaded=True) as server:
        server.expect_request(re.compile("")).respond_with_handler(forum)
        yield f"http://127.0.0.1:{server.port}/api/v1"


@lru_cache(maxsize=1)
def _stage() -> HTTPServer:
    server = HTTPServer("127.0.0.1", threaded=True)
    server.start()
    atexit.register(server.stop)
    return server
