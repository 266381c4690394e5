"""The Makefile's commands are described, and `make quick` runs what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def listed(variable: str) -> list[str]:
    """Return the words that a variable of the Makefile holds."""
    text = MAKEFILE.replace("\\\n", " ")
    return re.search(rf"^{variable} := (.*)$", text, re.M)[1].split()


def test_every_name_in_quick_finds_a_file():
    for variable, pattern in (
        ("QUICK", "tests/{}"),
        ("QUICK_BOOK", "tests/book/test_{}.py"),
    ):
        for name in listed(variable):
            assert list(ROOT.glob(pattern.format(name))), f"{variable} names {name}: no such file"


def test_every_command_is_described_and_phony():
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.M)
    assert re.findall(r"^([a-z-]+):.*## \w", MAKEFILE, re.M) == targets
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE.replace("\\\n", " "), re.M)[1].split()
    assert sorted(phony) == sorted(targets)


def test_ci_lints_before_it_tests():
    commands = re.findall(r"^make (\S+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.M)
    assert commands == ["lint", "book", "test", "test-more", "test-site"]
