"""How many people does a server hold?

    python benchmarks/load.py [--visitors N] [--sessions M] [--seconds S] [--before COMMIT]

The server has one core, the clients another. Each visitor asks by GET, once a second, for the numbers and bars of
GoogLeNet with three switches on, at a width of its own; each session pulls the edge of a box of module 3a with the
same switches over its websocket, once a second, and waits for the page. Reported are the times until the answer is
there, what the server's process took of its core, and what an edit of a session cost. With `--before`, the same load
meets a server of another commit first; one that has no address for visitors gets the sessions alone. A page that is
drawn twice for one edit has answered, to this benchmark, when the first is drawn; what it cost counts both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode
from urllib.request import urlopen

import psutil
import websockets
from commits import ROOT, checkout, named
from driver import server
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

NETWORK = {"network": "googlenet", "rewrite": "stack_5x5,batch_norm,separable"}
SETTING = "inception_3a.width_5x5"
MODULE, LAYER = "inception_3a", "branch5x5.conv"
WARM_UP = 5.0
CORES = psutil.Process().cpu_affinity()

Ask = Callable[[], Awaitable[None]]


async def visitor(host: str, port: int) -> Ask:
    """Asks by GET over a connection that stays open."""
    reader, writer = await asyncio.open_connection(host, port)

    async def ask() -> None:
        query = urlencode({**NETWORK, SETTING: random.randint(1, 512)})
        writer.write(f"GET /live?{query} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        if "content-length:" in head:
            await reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
        else:  # in chunks
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)

    return ask


async def session(host: str, port: int, page: str, sent: list[int]) -> Ask:
    """Pulls the edge of a box: a width that the page hears of. Notes how many bytes each answer has."""
    socket = await websockets.connect(f"ws://{host}:{port}/_stcore/stream", max_size=None, subprotocols=["streamlit"])
    first = BackMsg()
    first.rerun_script.query_string = urlencode({**NETWORK, "module": MODULE})
    first.rerun_script.page_name = page
    picture = fragment = ""

    async def run(message: BackMsg) -> None:
        nonlocal picture, fragment
        await socket.send(message.SerializeToString())
        size = 0
        while True:
            received = await socket.recv()
            size += len(received)
            answer = ForwardMsg.FromString(received)
            drawn = answer.delta.new_element.bidi_component
            if drawn.id.endswith("picture"):
                picture, fragment = drawn.id, answer.delta.fragment_id
            if answer.WhichOneof("type") == "script_finished":
                sent.append(size)
                return

    await run(first)

    async def ask() -> None:
        message = BackMsg()
        message.rerun_script.query_string = first.rerun_script.query_string
        message.rerun_script.page_name = page
        message.rerun_script.fragment_id = fragment
        value = {"key": f"{LAYER}.out_channels", "value": random.randint(1, 120)}
        state = WidgetState(id=_make_trigger_id(picture, "events"))
        state.json_trigger_value = json.dumps([{"event": "edited", "value": value}])
        # A browser sends what every component holds; this one holds nothing.
        message.rerun_script.widget_states.widgets.extend([WidgetState(id=picture, json_value="{}"), state])
        await run(message)

    return ask


async def once_a_second(ask: Ask, until: float, times: list[float]) -> None:
    """Asks until then, starting at some moment of a second; notes how long each answer took."""
    due = time.perf_counter() + random.random()
    start = due + WARM_UP
    while due < until:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        began = time.perf_counter()
        await ask()
        if began > start:
            times.append(time.perf_counter() - began)
        due = max(due + 1, time.perf_counter())


async def load(
    host: str, port: int, page: str, visitors: int, sessions: int, seconds: float
) -> tuple[list[float], list[float], list[int]]:
    """Times of all visitors and of all sessions, and how many bytes a session's answers had."""
    sent: list[int] = []
    asks = (
        [await session(host, port, page, sent) for _ in range(sessions)],
        [await visitor(host, port) for _ in range(visitors)],
    )
    del sent[:]  # what opened the page
    until = time.perf_counter() + WARM_UP + seconds
    times: tuple[list[float], list[float]] = ([], [])
    async with asyncio.TaskGroup() as group:
        for of_kind, found in zip(asks, times, strict=True):
            for ask in of_kind:
                group.create_task(once_a_second(ask, until, found))
    return *times, sent


def show(kind: str, count: int, times: list[float]) -> None:
    """One line."""
    if times:
        milliseconds = [1e3 * value for value in (median(times), quantiles(times, n=20)[-1], max(times))]
        words = zip(("median", "p95", "worst"), milliseconds, strict=True)
        print(f"{count:5} {kind:9} {len(times):6} answers, ms: " + ", ".join(f"{name} {ms:7.1f}" for name, ms in words))


def measure(folder: Path, visitors: int, sessions: int, seconds: float) -> None:
    """Prints what a server of the commit in a folder made of the load."""
    print(named(folder))
    psutil.Process().cpu_affinity(CORES[:1])  # which the server's process inherits, with every thread of it
    with tempfile.TemporaryDirectory() as runs, server(folder / "app.py", Path(runs), folder) as address:
        port = int(address.rpartition(":")[2])
        if visitors and not answers_visitors(address):
            print("  it has no address for visitors")
            visitors = 0
        served = max(psutil.Process().children(), key=lambda process: process.memory_info().rss)
        psutil.Process().cpu_affinity(CORES[-1:])
        before, began = served.cpu_times(), time.perf_counter()
        page = "build" if (folder / "pages" / "build.py").exists() else "lab"
        of_sessions, of_visitors, sent = asyncio.run(load("localhost", port, page, visitors, sessions, seconds))
        after = served.cpu_times()
        show("visitors", visitors, of_visitors)
        show("sessions", sessions, of_sessions)
        busy = after.user + after.system - before.user - before.system
        share, memory = busy / (time.perf_counter() - began), served.memory_info().rss >> 20
        print(f"  the server took {share:.0%} of its core and holds {memory} MiB", flush=True)
        if sent:
            edits = len(of_sessions) * (seconds + WARM_UP) / seconds
            print(f"  an edit: {median(sent):,.0f} bytes, at most {1e3 * busy / edits:.1f} ms of the core", flush=True)


def answers_visitors(address: str) -> bool:
    """Whether a server has the address that visitors ask; an older one shows a page there."""
    with urlopen(f"{address}/live?{urlencode(NETWORK)}") as answer:
        return answer.headers.get_content_type() == "application/json"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=300)
    parser.add_argument("--sessions", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--before", metavar="COMMIT", help="compare with this commit")
    args = parser.parse_args()
    with ExitStack() as stack:
        before = [stack.enter_context(checkout(args.before))] if args.before else []
        for folder in (*before, ROOT):
            measure(folder, args.visitors, args.sessions, args.seconds)


if __name__ == "__main__":
    main()
