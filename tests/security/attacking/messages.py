"""Runs attacks on channels `execute`, `ws` and `comm`: through the gate in both wire forms, and past it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from blotter_records.contract.commands import SPECIFICATIONS
from blotter_records.contract.grammar import parse
from blotter_records.errors import Refused
from security.attacking.attack_set import Attack, filled, rewritten, texts_mapped
from security.attacking.exchange import Exchange, Message, opened, through_the_gate, to_the_kernel
from security.attacking.outcome import Outcome, short
from security.attacking.raw_frames import content, frames_of, header, legacy, v1
from security.attacking.target import Target
from security.kernel_channel import V1
from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import HTTPTimeoutError

#: An exchange asks the kernel two questions of its own; the whole takes a few hundredths of a second.
SLOW_S = 15.0
#: What the product answers to a person who types: words of the whitelist, and nothing else.
_HELP = frozenset({"complete_reply", "inspect_reply", "is_complete_reply", "comm_info_reply", "kernel_info_reply"})


def run_cell(target: Target, attack: Attack) -> Outcome:
    """Send a cell as it is written and with a real widget, through the gate and to the kernel itself."""
    made = Outcome(short(attack.payload))
    sources = [attack.payload]
    if isinstance(attack.payload, str) and rewritten(attack.payload) != attack.payload:
        sources.append(rewritten(attack.payload))
    for source in sources:
        message = {"channel": "shell", "msg_type": "execute_request", "content": content(source)}
        for way in ("v1", "legacy", "kernel"):
            came = _send(target, message, way)
            made.add(_judge_cell(came, way, source, attack.expect or "refused"))
    return made


def _judge_cell(came: Exchange, way: str, source: object, expect: str) -> Outcome:
    made = Outcome("", came.said(), _where(came, way))
    made.expect(came.is_alive, f"{way}: the kernel does not answer any more")
    made.expect(came.seconds < SLOW_S, f"{way}: it took {came.seconds:.1f} s")
    if expect == "inert":
        shown = [one for one in came.effects() if one["msg_type"] != "execute_input"]
        made.expect(len(shown) <= (2 if _is_command(source) else 0), f"{way}: {_kinds(shown)}")
        return made
    effects = [one for one in came.effects() if way != "kernel" or one["msg_type"] != "execute_input"]
    made.expect(not effects, f"{way}: {_kinds(effects)}")
    made.expect(came.errors() or came.is_closed, f"{way}: no refusal, but {came.said()}")
    return made


def run_message(target: Target, attack: Attack) -> Outcome:
    """Send a message, a frame or a handshake that no front end sends."""
    payload = attack.payload
    if "raw" in payload:
        return _run_frames(target, str(payload["raw"]))
    if "msg_type" not in payload:
        return _run_handshake(target, payload)
    payload = filled(payload, words_of(target))
    if isinstance(payload.get("content"), dict) and isinstance(payload["content"].get("code"), str):
        payload["content"]["code"] = rewritten(payload["content"]["code"])
    made = Outcome(short(payload))
    for way in ("v1", "legacy", "kernel"):
        came = _send(target, payload, way)
        made.add(_judge_message(came, way, payload))
    return made


def _judge_message(came: Exchange, way: str, payload: dict[str, Any]) -> Outcome:
    made = Outcome("", came.said(), _where(came, way))
    made.expect(came.is_alive, f"{way}: the kernel does not answer any more")
    made.expect(came.seconds < SLOW_S, f"{way}: it took {came.seconds:.1f} s")
    body = payload.get("content")
    is_lawful = (
        payload.get("channel", "shell") == "shell"
        and payload.get("msg_type") == "execute_request"
        and isinstance(body, dict)
        and not body.get("user_expressions")
        and _is_command(body.get("code"))
    )
    effects = [one for one in came.effects() if one["msg_type"] != "execute_input"]
    made.expect(len(effects) <= (2 if is_lawful else 0), f"{way}: {_kinds(effects)}")
    for answer in came.answers():
        made.expect(is_lawful or _says_nothing(answer, payload), f"{way}: answered {short(answer['content'])}")
        made.expect(not answer["content"].get("payload"), f"{way}: a payload came back")
        made.expect(not answer["content"].get("user_expressions"), f"{way}: an expression was evaluated")
    return made


def _says_nothing(answer: Message, payload: dict[str, Any]) -> bool:
    """Return whether an answer is one that the product gives to everybody: help on its own widgets, who it is."""
    kind, said = answer["msg_type"], answer["content"]
    if kind == "complete_reply":
        return all(one.rstrip("=") in _WORDS for one in said.get("matches", []))
    if kind == "inspect_reply":
        text = said.get("data", {}).get("text/plain", "")
        return not said.get("found") or text.split("\n")[0] in SPECIFICATIONS
    if kind == "execute_reply":  # of a cell that is empty
        return _is_empty(payload["content"].get("code")) and not said.get("payload") and not said["user_expressions"]
    if kind in ("interrupt_reply", "shutdown_reply"):  # what the kernel's manager asks for, past the gate
        return payload.get("channel") == "control"
    return kind in _HELP


_WORDS = {*SPECIFICATIONS, *(name for row in SPECIFICATIONS.values() for name in row.arguments.model_fields)}


def _run_frames(target: Target, name: str) -> Outcome:
    made = Outcome(name)
    for protocol, frames in frames_of(name):
        came = through_the_gate(target.person, frames, protocol)
        way = "v1" if protocol else "legacy"
        one = Outcome("", came.said(), _where(came, way))
        one.expect(came.is_alive, f"{way}: the kernel does not answer any more")
        one.expect(came.seconds < 4 * SLOW_S, f"{way}: it took {came.seconds:.1f} s")
        ran = [m["content"]["code"] for m in came.messages if m["msg_type"] == "execute_input"]
        one.expect(all(_is_command(code) for code in ran), f"{way}: ran {short(ran)}")
        shown = [m for m in came.effects() if m["msg_type"] != "execute_input"]
        one.expect(len(shown) <= 2 * len(ran), f"{way}: {_kinds(shown)}")
        made.add(one)
    log = target.logs()
    made.expect("\n2026-01-01 forged line" not in log and "\nforged line" not in log, "a line of the log was forged")
    return made


def _run_handshake(target: Target, payload: dict[str, Any]) -> Outcome:
    """Open a websocket as somebody else, to somebody else's kernel or session, or from elsewhere."""
    made = Outcome(short(payload))
    words = words_of(target)
    kernel = filled(payload.get("kernel_id", target.person.kernel), words)
    session = filled(payload.get("session_id", ""), words)
    headers = {str(k): str(filled(v, words)) for k, v in (payload.get("headers") or {}).items()}
    for name in ("origin", "host", "cookie", "authorization"):
        if name in payload:
            headers[name.title()] = str(payload[name] or "")
    if "as_user" in payload:
        headers["Cookie"] = _cookies_elsewhere(target, str(payload["as_user"]))
    if "token" in payload:
        headers |= {"Cookie": "", "Authorization": f"token {filled(payload['token'], words)}"}
    protocol = payload.get("subprotocol", V1)

    async def go() -> str:
        try:
            channel = await opened(target.person, kernel, protocol, session, headers)
        except (HTTPClientError, HTTPTimeoutError) as error:
            return f"handshake refused: {getattr(error, 'code', error)}"
        try:
            asked = await channel.ask("kernel_info_request", {})
        except AssertionError:
            return "connection closed"
        finally:
            channel.close()
        strangers = {one["parent_header"].get("msg_id") for one in asked}
        return "opened" if len(strangers) == 1 else "messages of somebody else came"

    made.came_back = asyncio.run(go())
    made.stopped_at = "handshake" if "refused" in made.came_back else "own kernel only"
    is_own = kernel == target.person.kernel and not headers
    made.expect(made.came_back != "messages of somebody else came", made.came_back)
    made.expect(made.came_back != "opened" or is_own, "the connection was opened")
    return made


def _cookies_elsewhere(target: Target, who: str) -> str:
    """Return the cookies that somebody else has for this person's server, after asking for them as a browser does."""
    jar = target.manager.http if "admin" in who or "manager" in who else target.other.hub.http
    page = jar.get(f"/user/{target.person.user_name}/lab", follow_redirects=True)
    assert page.status_code in (403, 404, 503) or "/hub/" in str(page.url), page.url
    return "; ".join(f"{one.name}={one.value}" for one in jar.cookies.jar)


def run_comm(target: Target, attack: Attack) -> Outcome:
    """Send a widget message; the widget's state before and after has to be the same."""
    signed = _signed_result(target) if "sign" in attack.when else ""
    source = f'Result(image="{_IMAGE}")' if signed else f'ImageViewer(image="{_IMAGE}")'
    live, other = open_widget(target, source), open_widget(target, "ImageBrowser()")
    payload = filled(attack.payload, {**words_of(target), "live widget": live, "other": other})
    made = Outcome(short(payload))
    before = state_of(target, live)
    record = _record(target, signed)
    for way in ("v1", "legacy", "kernel"):
        came = _send(target, payload, way)
        one = Outcome("", came.said(), _where(came, way, "widget"))
        one.expect(came.is_alive, f"{way}: the kernel does not answer any more")
        news = [m for m in came.effects() if m["msg_type"] != "comm_msg"]
        one.expect(not news, f"{way}: {_kinds(news)}")
        for message in came.effects():
            one.expect(_is_harmless(message, live, before), f"{way}: {short(message['content'])}")
        made.add(one)
    if payload.get("msg_type") != "comm_close":
        made.expect(state_of(target, live) == before, "the widget's state is another")
    made.expect(_record(target, signed) == record, "a signed record has changed")
    return made


_IMAGE = "IMG-000001"


def _is_harmless(message: Message, live: str, before: dict[str, Any]) -> bool:
    """Return whether a widget says what it said before, or that it does not do this."""
    data = message["content"].get("data", {})
    if message["content"].get("comm_id") != live:
        return False
    if data.get("method") == "update":
        return _public(data.get("state", {})) == before
    return data.get("method") == "custom" and data.get("content", {}).get("ok") is False


def open_widget(target: Target, source: str) -> str:
    """Run a cell; return the id of the widget that it opened."""
    came = _send(target, {"channel": "shell", "msg_type": "execute_request", "content": content(source)}, "v1")
    opened_ = [one["content"]["comm_id"] for one in came.messages if one["msg_type"] == "comm_open"]
    assert opened_, f"a command that has to pass did not: {source}: {came.said()}"
    return str(opened_[-1])


def state_of(target: Target, comm: str) -> dict[str, Any]:
    """Return what a widget shows."""
    body = {"comm_id": comm, "data": {"method": "request_state"}}
    came = _send(target, {"channel": "shell", "msg_type": "comm_msg", "content": body}, "v1")
    states = [one["content"]["data"]["state"] for one in came.messages if one["msg_type"] == "comm_msg"]
    assert states, f"the widget does not say its state: {came.said()}"
    return _public(states[-1])


def _public(state: dict[str, Any]) -> dict[str, Any]:
    """Return what of a state comes through the gate, so that both ways can be compared."""
    return {name: value for name, value in state.items() if name in ("_model_name", "_view_name", "view")}


def _signed_result(target: Target) -> str:
    from security.attacking.work import submitted_result

    return submitted_result(target, _IMAGE)


#: That an entry gets its number, and a checkpoint covers a signature, is no change of the record.
_SEALING = {"entry": {"number"}, "signatures": {"__all__": {"number", "seal"}}}


def _record(target: Target, result: str) -> str:
    return target.person.client.result(result).model_dump_json(exclude=_SEALING) if result else ""


def words_of(target: Target) -> dict[str, str]:
    """Return what placeholders stand for."""
    cookies = {one.name: one.value or "" for one in target.other.browser.cookies.jar}
    return {
        "foreign kernel": target.other.kernel,
        "other user's kernel": target.other.kernel,
        "other user's open session": cookies.get("jupyterhub-session-id", "x"),
        "own kernel": target.person.kernel,
        "kernel": target.person.kernel,
        "ok": target.person.browser.headers["X-XSRFToken"],
        "xsrf": target.person.browser.headers["X-XSRFToken"],
        "page_config token": "",
        "page token": "",
        "other user": target.other.user_name,
        "user": target.person.user_name,
    }


def _send(target: Target, message: dict[str, Any], way: str) -> Exchange:
    channel, msg_type = message.get("channel", "shell"), message.get("msg_type")
    body, metadata = message.get("content"), message.get("metadata")
    if way == "kernel":
        known = channel if channel in ("shell", "control") else "shell"
        return to_the_kernel(target.person, known, str(msg_type), body)
    head = {**header(), **(message.get("header") or {}), "msg_type": msg_type}
    if way == "v1":
        frame: str | bytes = v1(head, json.dumps(body).encode(), str(channel).encode(), metadata=metadata,
                                buffers=[b"x"] * len(message.get("buffers") or []))  # fmt: skip
    else:
        frame = legacy(head, body, channel=channel, metadata=metadata or {})
        if body is None:
            frame = json.dumps({**json.loads(frame), "content": None})
    return through_the_gate(target.person, [frame] * int(message.get("repeat", 1)), V1 if way == "v1" else None)


def _is_command(source: object) -> bool:
    try:
        return parse(source) is not None
    except Refused:
        return False


def _is_empty(source: object) -> bool:
    try:
        return parse(source) is None
    except Refused:
        return False


def _where(came: Exchange, way: str, stage: str = "grammar") -> str:
    if came.is_closed:
        return "gate: connection closed"
    place = "kernel" if way == "kernel" else "gate"
    return f"{place}: {stage}" if came.errors() else f"{place}"


def _kinds(messages: list[Message]) -> str:
    return ", ".join(f"{one['msg_type']} {short(one['content'], 60)}" for one in messages) or "nothing"


def mapped_commands(payload: Any) -> Any:
    """Return a payload in which the set's demonstration widgets are real ones."""
    return texts_mapped(payload, rewritten)
