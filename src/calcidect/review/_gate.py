"""Who may ask: loopback, one link, one cookie, no other site.

The link that opens the application holds a token that works once; it is exchanged for a cookie that scripts can't read
and that no other site's request carries. The host is checked against DNS rebinding (a name of another site that points
to 127.0.0.1), the origin and a header of our own against forged requests (OWASP, Cross-Site Request Forgery
Prevention).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from calcidect.errors import CalcidectError
from calcidect.review._faults import RequestRefusedError, error_document, status_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MAXIMUM_BODY_BYTES = 4 * 2**20
"""Our choice: a stroke over a whole hand of 0.3 mm voxels is 1 MB run-length encoded."""
_RESPONSE_START = "http.response.start"

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Keys:
    """The tokens that may still open the application, and the cookies that were given for them.

    Only hashes of cookies are kept. A used token is gone; a new one is made for the next browser.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._token = secrets.token_urlsafe(32)
        self._cookies: set[bytes] = set()

    @property
    def token(self) -> str:
        """The token of the next link."""
        with self._lock:
            return self._token

    def exchange(self, token: str) -> str | None:
        """Return a cookie's value for a token that was not used yet, else None."""
        with self._lock:
            if not hmac.compare_digest(token.encode(), self._token.encode()):
                return None
            self._token = secrets.token_urlsafe(32)
            cookie = secrets.token_urlsafe(32)
            self._cookies.add(_digest(cookie))
            return cookie

    def knows(self, cookie: str) -> bool:
        """Tell whether a cookie was given by this server."""
        with self._lock:
            return _digest(cookie) in self._cookies


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


class Gate:
    """ASGI application that lets only the reader's own page through to another, and answers every fault in one form.

    Parameters
    ----------
    app : callable
        The ASGI application behind it.
    port : int
        Where the server listens.
    keys : Keys
        Of this server.
    opened : callable
        Called after each link that was used.
    """

    def __init__(self, app: App, port: int, keys: Keys, opened: Callable[[], None] = lambda: None) -> None:
        self._app, self._keys, self._opened = app, keys, opened
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self._origins = {f"http://{host}" for host in self._hosts}
        self._cookie = f"calcidect_review_{port}"  # cookies do not tell ports apart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets: without an answer the server closes it
            return
        answer = _Answer(send)
        try:
            await self._pass(scope, receive, answer)
        except CalcidectError as error:
            await answer.error(status_of(error), error_document(error))
        except Exception:  # a fault's text may quote a path or the scan: nothing of it leaves
            await answer.error(500, FAULT)

    async def _pass(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = _headers_of(scope)
        if headers.get("host") not in self._hosts:
            raise _forbidden("host_refused", "The request names another host.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise RequestRefusedError(
                405, "method_refused", found="The method is not known.", expected="GET or POST.", remedy="Use these."
            )
        if "\0" in scope["path"]:
            raise _forbidden("path_refused", "The path holds a null byte.")
        if scope["path"] == "/open":
            await self._open(scope, answer)
            return
        cookie = self._cookie_of(headers)
        if not self._keys.knows(cookie):
            raise RequestRefusedError(
                401,
                "not_opened",
                found="The request has no cookie of this server.",
                expected="A browser that opened the link of `calcidect review`.",
                remedy="Open the link that the command shows.",
            )
        self._refuse_other_sites(scope["method"], headers)
        body = await _body_of(receive, headers) if scope["method"] == "POST" else b""
        scope["calcidect.browser"] = _digest(cookie).hex()
        await self._app(scope, _replayed(body, receive), answer)

    def _refuse_other_sites(self, method: str, headers: dict[str, str]) -> None:
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise _forbidden("site_refused", "The request comes from another site.")
        if method != "POST":
            return
        if headers.get("origin") not in self._origins:
            raise _forbidden("origin_refused", "The request comes from another page.")
        if headers.get("x-calcidect") != "1":
            raise _forbidden("header_missing", "The request lacks the header X-Calcidect: 1.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise RequestRefusedError(
                415, "no_json", found="The body is not said to be JSON.", expected="application/json.", remedy="Say so."
            )

    def _cookie_of(self, headers: dict[str, str]) -> str:
        """Return our cookie. Other programs of this machine set theirs for 127.0.0.1, too, in any form."""
        pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == self._cookie), "")

    async def _open(self, scope: Scope, answer: _Answer) -> None:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        cookie = self._keys.exchange(asked[0]) if scope["method"] == "GET" else None
        if cookie is None:
            raise _forbidden("token_refused", "The link was used before, or is of another server.")
        value = f"{self._cookie}={cookie}; HttpOnly; SameSite=Strict; Path=/"
        await answer.reply(303, b"", [("location", "/"), ("set-cookie", value)])
        self._opened()


def browser_of(scope: Scope) -> str:
    """Return what tells one opened browser from another; it gives no access."""
    return str(scope["calcidect.browser"])


FAULT = {
    "error": "internal_fault",
    "found": "calcidect failed by a fault of its own.",
    "expected": "To finish, or to say what is wrong.",
    "remedy": "Load the page anew; please report what was done.",
}


def _forbidden(code: str, found: str) -> RequestRefusedError:
    return RequestRefusedError(
        403, code, found=found, expected="A request of the page itself.", remedy="Open the link that the command shows."
    )


def _headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request; one that stands twice, where it must not, makes the request void."""
    headers: dict[str, str] = {}
    for raw_name, raw in scope["headers"]:
        name = raw_name.decode("latin-1").lower()
        if name in headers and name in ("host", "origin", "content-length", "x-calcidect"):
            raise _forbidden("header_twice", "A header stands twice.")
        value = raw.decode("latin-1")
        headers[name] = f"{headers[name]}; {value}" if name == "cookie" and name in headers else value
    return headers


async def _body_of(receive: Receive, headers: dict[str, str]) -> bytes:
    """Return a body, read whole before anything else looks at it; one that is too long is left unread."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 20) or int(length) > MAXIMUM_BODY_BYTES:
        raise _too_long()
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAXIMUM_BODY_BYTES:
            raise _too_long()
    return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then goes on as ``receive`` does."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


def _too_long() -> RequestRefusedError:
    return RequestRefusedError(
        413,
        "body_too_long",
        found="The body is too long.",
        expected=f"At most {MAXIMUM_BODY_BYTES // 2**20} MB.",
        remedy="Send it in parts.",
    )


class _Answer:
    """Sends an answer with the headers that all have; an answer may bring its own policy of contents."""

    def __init__(self, send: Send) -> None:
        self._send, self._started = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == _RESPONSE_START:
            self._started = True
            message = {**message, "headers": _with_ours(message.get("headers", ()))}
        await self._send(message)

    async def reply(self, status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> None:
        raw = [(name.encode(), value.encode()) for name, value in (*headers, ("content-length", str(len(body))))]
        await self({"type": _RESPONSE_START, "status": status, "headers": raw})
        await self({"type": "http.response.body", "body": body})

    async def error(self, status: int, document: dict[str, Any]) -> None:
        if not self._started:
            await self.reply(status, json.dumps(document).encode(), [("content-type", "application/json")])


def _with_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    theirs = list(headers)
    names = {name.lower() for name, _ in theirs}
    return theirs + [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in names]
