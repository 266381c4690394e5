"""The book as a workflow builds it, with a public address: `make test-more`."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SITE = "https://gans.example.org/course"
pytestmark = pytest.mark.skipif(
    not (BIN / "jupyter-book").exists(), reason="needs the tools of the book"
)
NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the book, built strictly for an address of its own."""
    folder = tmp_path_factory.mktemp("published")
    place = {"GITHUB_REPOSITORY": "Me/gans", "BOOK_SITE": SITE}
    command = [
        BIN / "jupyter-book",
        "build",
        "-W",
        "-n",
        "--keep-going",
        "--path-output",
        folder,
        ".",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **place}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder / "_build" / "html"


def one(pattern: str, text: str) -> str:
    """Return the one thing that a pattern finds."""
    (found,) = re.findall(pattern, text)
    return unescape(found)


def pages(site: Path) -> dict[str, str]:
    """Return the pages made from a source, by their path."""
    found = [site / "index.html", *(site / "book").rglob("*.html")]
    return {path.relative_to(site).as_posix(): path.read_text("utf-8") for path in found}


def test_nothing_leads_to_the_placeholder(site):
    for path in [*site.rglob("*.html"), *site.rglob("*.ipynb"), *site.rglob("*.md")]:
        assert not re.search("OWNER/REPO|owner.github.io|/None", path.read_text("utf-8")), path


def test_every_page_has_one_address_and_a_picture_with_a_text(site):
    for name, text in pages(site).items():
        address = one(r'<link rel="canonical" href="([^"]*)"', text)
        cover = name in ("index.html", "book/intro.html")
        assert address == (f"{SITE}/" if cover else f"{SITE}/{name}")
        assert one(r'property="og:url" content="([^"]*)"', text) == address
        assert one(r'name="twitter:card" content="([^"]*)"', text) == "summary_large_image"
        assert len(one(r'property="og:image:alt" content="([^"]*)"', text)) > 30
        picture = one(r'property="og:image" content="([^"]*)"', text)
        with Image.open(site / picture.removeprefix(f"{SITE}/")) as drawn:
            assert drawn.size == (1200, 630)


def test_a_chapter_s_buttons_lead_to_the_repository_and_to_colab(site):
    text = (site / "book" / "03_vanilla_gan.html").read_text("utf-8")
    colab = (
        "https://colab.research.google.com/github/Me/gans/blob/notebooks/book/03_vanilla_gan.ipynb"
    )
    assert f'href="{colab}"' in text and 'href="https://github.com/Me/gans"' in text
    cover = re.sub("<[^>]+>", "", (site / "index.html").read_text("utf-8"))
    assert "git clone https://github.com/Me/gans gan-course" in cover
    assert "no public address" not in cover


def test_the_site_map_lists_every_page_once_by_its_address(site):
    urls = ET.parse(site / "sitemap.xml").getroot()
    listed = [url.find(f"{NAMESPACE}loc").text for url in urls]
    addresses = {
        one(r'<link rel="canonical" href="([^"]*)"', text) for text in pages(site).values()
    }
    assert sorted(listed) == sorted(addresses)
    assert f"Sitemap: {SITE}/sitemap.xml" in (site / "robots.txt").read_text()


def test_the_page_for_a_wrong_address_works_at_any_depth(site):
    text = (site / "404.html").read_text("utf-8")
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert links and all(link.startswith(f"{SITE}/") for link in links)
    for link in links:
        path = site / link.removeprefix(f"{SITE}/")
        assert path.is_file() or (path / "index.html").is_file(), link


def test_the_downloaded_notebook_installs_from_the_repository(site):
    text = (site / "_sources" / "book" / "03_vanilla_gan.ipynb").read_text("utf-8")
    assert "git+https://github.com/Me/gans" in text
    assert f"{SITE}/_static/demos/playground.png" in text
    assert (site / "_static" / "demos" / "playground.png").is_file()


def test_an_exercise_opens_in_colab_at_a_cell_that_the_notebook_has(site):
    links = 0
    for name, text in pages(site).items():
        for book, cell in re.findall(r"/blob/notebooks/(book/\w+)\.ipynb#scrollTo=([\w-]+)", text):
            notebook = json.loads((site / "_sources" / f"{book}.ipynb").read_text("utf-8"))
            assert cell in [entry["metadata"]["id"] for entry in notebook["cells"]], name
            links += 1
    assert links > 20
