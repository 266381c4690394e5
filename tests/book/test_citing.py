"""The page that says how to cite gives what CITATION.cff holds."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "sphinx_ext"), str(ROOT / "tools")]

from how_to_cite import bibtex, sentence  # noqa: E402

CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PEOPLE = [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "A Group of Many"}]


def test_the_listing_is_bibtex_with_every_field_in_balanced_braces():
    text = bibtex(CITATION, "https://me.github.io/gans/")
    assert text.startswith("@misc{gan_course,\n") and text.count("{") == text.count("}")
    fields = dict(re.findall(r"^  (\w+) += \{(.*)\},?$", text, re.M))
    assert fields["title"] == f"{{{CITATION['title']}}}"
    assert fields["year"] == "2026" and fields["url"] == "https://me.github.io/gans/"
    assert fields["note"] == f"Version {CITATION['version']}"


def test_persons_and_groups_are_named():
    assert "{{Ada Lovelace} and {A Group of Many}}" in bibtex(CITATION | {"authors": PEOPLE}, "")
    assert sentence(CITATION | {"authors": PEOPLE}, "").startswith(
        "Ada Lovelace and A Group of Many (2026). "
    )


def test_without_an_address_none_is_given():
    assert "url" not in bibtex(CITATION, "") and sentence(CITATION, "").endswith(".")
