"""A Moltbook server for tests: a small forum, three dialects, and the faults met in the wild.

The open-source dialect behaves as that server does, by its source: comments by depth and then by
time, at most 500 and no further page; deleted ones are left out and counted all the same; the hot
list is by votes and age. Production pages comments by cursor, those at the top with all below them.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import math
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
    counts: bool = True
    """Posts say how many comments they have."""
    most_comments: int | None = None
    """No answer holds more comments, whatever is asked for; None for what the dialect does."""

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
                value = {"success": True, **self._comments(request, id)}
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
        elif self.dialect == "open-source":
            posts.sort(key=_heat, reverse=True)
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
        return sum(
            comment.thread == thread and (self.dialect == "open-source" or not comment.deleted)
            for comment in self.comments
        )

    def _counts(self, thread: str) -> dict[str, Any]:
        if not self.counts:
            return {}
        if self.dialect == "open-source":
            return {"commentCount": str(self._count(thread))}
        return {"comment_count": self._count(thread)}

    def _post(self, post: Entry) -> dict[str, Any]:
        item = self._item(post) | {"title": f"On {post.id}"}
        match self.dialect:
            case "production":
                return item | {
                    "submolt": {"name": post.submolt, "display_name": post.submolt.title()},
                    **self._counts(post.id),
                    "is_pinned": post.pinned,
                    "is_deleted": post.deleted,
                }
            case "open-source":
                return item | {"submolt": post.submolt, **self._counts(post.id)}
        return item | {
            "submolt": {"id": "s1", "name": post.submolt},
            **self._counts(post.id),
            "is_pinned": post.pinned,
            "is_deleted": post.deleted,
        }

    def _comments(self, request: Request, thread: str) -> dict[str, Any]:
        limit = int(request.args.get("limit", 100))
        offset = int(request.args.get("cursor", 0))
        match self.dialect:
            case "production":
                limit = min(limit, self.most_comments or 100)
                tree = self._tree(thread, None)
                more = len(tree) > offset + limit
                cursor = {"next_cursor": str(offset + limit)} if more else {}
                return {"comments": tree[offset : offset + limit], "has_more": more, **cursor}
            case "open-source":
                return {"comments": self._by_depth(thread, min(limit, self.most_comments or 500))}
        return {"comments": self._tree(thread, None)}

    def _by_depth(self, thread: str, limit: int) -> list[dict[str, Any]]:
        """Those nearest to the root, the newest of them first; what they answer is found among
        them, or they stand at the top."""
        depth: dict[str | None, int] = {None: -1}
        for comment in self.comments:
            depth[comment.id] = depth[comment.parent] + 1
        there = [c for c in self.comments if c.thread == thread and not c.deleted]
        there.sort(key=lambda comment: (depth[comment.id], -comment.at))
        items = {
            c.id: self._item(c) | {"parent_id": c.parent, "replies": []} for c in there[:limit]
        }
        top: list[dict[str, Any]] = []
        for item in items.values():
            above = items.get(item["parent_id"])
            (top if above is None else above["replies"]).append(item)
        return top

    def _tree(self, thread: str, parent: str | None) -> list[dict[str, Any]]:
        """What is deleted stands there as such while something living is below it."""
        below: dict[str | None, list[Entry]] = {}
        for comment in sorted(self.comments, key=lambda comment: -comment.at):
            if comment.thread == thread:
                below.setdefault(comment.parent, []).append(comment)

        def tree(parent: str | None) -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = []
            for comment in below.get(parent, ()):
                replies = tree(comment.id)
                if replies or not comment.deleted:
                    item = self._item(comment) | {"parent_id": parent, "replies": replies}
                    if comment.deleted:
                        item |= {"content": "[deleted]", "is_deleted": True}
                    items.append(item)
            return items

        return tree(parent)

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


def _heat(post: Entry) -> float:
    return math.copysign(math.log10(max(abs(post.votes), 1)), post.votes) + (
        post.at / SECOND / 45_000
    )


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
