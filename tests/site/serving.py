"""The built book as a web host sends it: compressed, over a slow line, with everything counted."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

SLOW = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

EAGER = "for (const picture of document.images) picture.loading = 'eager'"


@cache
def compressed(path: Path, stamp: float) -> bytes:
    """Return a file as it is sent: what is compressed already stays as it is."""
    content = path.read_bytes()
    return content if is_packed(path) else gzip.compress(content, 6)


def is_packed(path: Path) -> bool:
    """Return whether a web host would not compress a file."""
    return path.suffix in {".png", ".jpg", ".webp", ".gif", ".woff", ".woff2", ".npz"}


class Handler(SimpleHTTPRequestHandler):
    """Sends the files of a folder as GitHub Pages does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request."""
        path = Path(self.directory) / unquote(urlsplit(self.path).path).lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        body = compressed(path, path.stat().st_mtime)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if not is_packed(path):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yield its address."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *arguments: Handler(*arguments, directory=str(folder))
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Visit:
    """What loading a page took: bytes over the line by address, and the first paint in seconds."""

    sizes: dict[str, int]
    paint: float

    @property
    def total(self) -> int:
        """Return all bytes."""
        return sum(self.sizes.values())


def visit(browser, address: str, slow: bool = False, whole: bool = False) -> Visit:
    """Load a page with an empty cache; with `whole`, all pictures too, but no demo's data."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)  # milliseconds
    page = context.new_page()
    devtools, asked, sizes = context.new_cdp_session(page), {}, {}
    devtools.on(
        "Network.requestWillBeSent",
        lambda event: asked.update({event["requestId"]: event["request"]["url"]}),
    )

    def finished(event: dict) -> None:
        url = asked.get(event["requestId"], event["requestId"])
        if not url.startswith(("data:", "blob:")):
            sizes[url] = sizes.get(url, 0) + int(event["encodedDataLength"])

    devtools.on("Network.loadingFinished", finished)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    if slow:
        devtools.send("Network.emulateNetworkConditions", {"offline": False, **SLOW})
    page.goto(address, wait_until="load")
    if whole:
        page.evaluate(EAGER)
        page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    paint = page.evaluate(PAINT)
    context.close()
    return Visit(sizes, paint / 1000)
