"""A real server and a real browser. Without Chromium these tests are skipped, unless
EXPLORER_REQUIRE_BROWSER is set, as the continuous integration does.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.helpers.places import SCREEN

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=30_000)  # what matters is that it comes; a busy machine may take its time
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and not os.environ.get("EXPLORER_REQUIRE_BROWSER"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine: apt install chromium"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of the app; gives its address."""
    yield from _serve(tmp_path_factory)


_SLOWED = """
import sys, time
from streamlit.web import cli
from explorer.ui.frame import frame
is_visible = frame.is_visible
frame.is_visible = lambda part: time.sleep(0.2) or is_visible(part)
sys.exit(cli.main())
"""


@pytest.fixture(scope="session")
def slow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that takes a while for every part of a page, as a busy machine does; gives its address."""
    yield from _serve(tmp_path_factory, ("-c", _SLOWED))


def _serve(tmp_path_factory: pytest.TempPathFactory, program: tuple[str, str] = ("-m", "streamlit")) -> Iterator[str]:
    """Starts a fresh server, and ends it with all that it has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *program, "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    environment = {**os.environ, "EXPLORER_RUNS": str(tmp_path_factory.mktemp("runs"))}
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    address = f"http://localhost:{port}"
    try:
        _wait_until_healthy(process, address, log)
        yield address
    finally:
        # Workers outlive their server and each other on purpose; here nobody is left to stop them.
        for worker in [*psutil.Process(process.pid).children(recursive=True), *_training_in(environment)]:
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        process.kill()
        process.wait()


def _training_in(environment: dict[str, str]) -> list[psutil.Process]:
    """The workers of a store, whoever started them."""
    store = environment["EXPLORER_RUNS"]
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if "explorer.backend.worker" in process.cmdline() and process.environ().get("EXPLORER_RUNS") == store:
                found.append(process)
    return found


def _wait_until_healthy(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer: {log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        assert CHROMIUM is not None, "EXPLORER_REQUIRE_BROWSER is set and there is no Chromium"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tab(browser: Browser, server: str) -> Page:
    """What `page` is a fresh visit in."""
    return _tab(browser, server)


@pytest.fixture(scope="session")
def slow_tab(browser: Browser, slow_server: str) -> Page:
    """What `slow_page` is a fresh visit in."""
    return _tab(browser, slow_server)


@pytest.fixture(scope="session")
def strange_tab(browser: Browser, server: str) -> Page:
    """What `stranger` is a fresh visit in."""
    return _tab(browser, server)


def _tab(browser: Browser, address: str) -> Page:
    """A tab of a browser profile of its own."""
    return browser.new_page(base_url=address)


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """A page at projector size. An exception or an error in its console fails the test."""
    yield from _visit(tab)


@pytest.fixture
def slow_page(slow_tab: Page) -> Iterator[Page]:
    """A page of the slow server."""
    yield from _visit(slow_tab)


@pytest.fixture
def stranger(strange_tab: Page) -> Iterator[Page]:
    """A page of somebody else, who shares nothing with `page` but the server."""
    yield from _visit(strange_tab)


@pytest.fixture
def newcomer(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page of a server that nobody has asked for anything yet."""
    for address in _serve(tmp_path_factory):
        tab = _tab(browser, address)
        yield from _visit(tab)
        tab.close()


def _visit(tab: Page) -> Iterator[Page]:
    """Lends a tab to one test, as somebody sees it who has never been there.

    The tab stays: in a new one the browser would compile all of Streamlit's scripts again, for seconds.
    """
    tab.set_viewport_size(SCREEN)
    tab.emulate_media(color_scheme="light", media="null", forced_colors="null")
    wrong: list[str] = []

    def hear_exception(error: Error) -> None:
        wrong.append(f"exception: {error}")

    def hear_console(message: ConsoleMessage) -> None:
        if _is_fault(message.type, message.location["url"]):
            wrong.append(message.text)

    tab.on("pageerror", hear_exception)
    tab.on("console", hear_console)
    yield tab
    tab.remove_listener("pageerror", hear_exception)
    tab.remove_listener("console", hear_console)
    _forget(tab)
    assert not wrong


def _forget(tab: Page) -> None:
    """Ends what a tab shows, and clears all that its browser knows of its visitor."""
    tab.goto("/_stcore/health")  # a plain text, from where what the pages have stored can be reached
    tab.evaluate("localStorage.clear(); sessionStorage.clear()")
    tab.context.clear_cookies()


def _is_fault(kind: str, url: str) -> bool:
    # On a deep link Streamlit's own client first asks for its endpoints below the page's path.
    return kind == "error" and not url.endswith(("/_stcore/health", "/_stcore/host-config"))
