"""Check the spelling of the book and of the package: British, as in "colour" and "normalise".

    python tools/spelling.py              say which words are unknown or American, and where
    python tools/spelling.py --sentences  say which sentences are the longest, file by file

The dictionary knows American English. A British word is right if the American one that it stands for
is. Words of our own stand in tools/words.txt; authors' names are taken from the bibliography.
"""

import argparse
import re
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

from pybtex.database import parse_file
from spellchecker import SpellChecker

sys.path.insert(0, str(Path(__file__).resolve().parent))
from prose import BOOK, ROOT, all_prose, notebook_prose, sentences

OWN_WORDS = ROOT / "tools" / "words.txt"
# British endings and roots, and what the dictionary has for them.
BRITISH = [
    (r"isation", "ization"),
    (r"is(e|ed|er|ers|es|ing|able)$", r"iz\1"),
    (r"ys(e|ed|er|es|ing)$", r"yz\1"),
    (r"our", "or"),
    (r"(cent|met|lit|fib)re(s|d)?$", r"\1er\2"),
    (r"ll(ed|ing|er)$", r"l\1"),
    (r"programme(s?)$", r"program\1"),
    (r"artefact", "artifact"),
    (r"judgement", "judgment"),
    (r"ae", "e"),
]
# `optimizer` is torch's word; the others have no British form of their own.
AMERICAN = re.compile(
    r"\w+(?:iz(?:e|ed|er|ers|es|ing|ation|ations)|yz(?:e|ed|es|ing))$"
    r"|(?:un)?(?:color|behavior|favor|neighbor|honor|flavor|label(?=ed|ing)|model(?=ed|ing)|travel(?=ed|ing))\w*"
    r"|center(?:s|ed)?$|gray(?:s|ish)?$|fibers?$|artifacts?$|judgment$|catalog$"
)
ALIKE = re.compile(r"(?:re|over)?siz(?:e|ed|es|ing)|prizes?|seiz(?:e|ed|es|ing)|optimizers?")


@cache
def dictionary() -> SpellChecker:
    """Return the American dictionary with our own words and the authors' names."""
    checker = SpellChecker()
    own = [line.split("#")[0].strip() for line in OWN_WORDS.read_text("utf-8").splitlines()]
    names = " ".join(
        str(person)
        for entry in parse_file(BOOK / "references.bib").entries.values()
        for person in entry.persons.get("author", [])
    )
    checker.word_frequency.load_words([*filter(None, own), *words(names)])
    return checker


def words(text: str) -> list[str]:
    """Return the words of a text in Latin letters; names with capitals inside, such as WGAN, are none."""
    found = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)
    found = [re.sub(r"['’]s?$", "", word).replace("’", "'") for word in found]
    return [
        word
        for word in found
        if len(word) > 2 and word[1:].islower() and all(ord(letter) < 0x250 for letter in word)
    ]


def is_known(word: str) -> bool:
    """Return whether a word is in the dictionary, or what it is in American."""
    known = dictionary()
    if word.lower() in known:
        return True
    american = word.lower()
    for ending, other in BRITISH:
        american = re.sub(ending, other, american)
        if american in known:
            return True
    return False


def complaint(word: str) -> str:
    """Return what is wrong with a word, or nothing."""
    if AMERICAN.match(word.lower()) and not ALIKE.fullmatch(word.lower()):
        return "American"
    return "" if is_known(word) else "unknown"


def misspelt() -> dict[str, list[str]]:
    """Return the words that need a look, with what is wrong with them and the places where they stand."""
    found = defaultdict(list)
    for piece in all_prose():
        for word in dict.fromkeys(words(piece.text)):
            if wrong := complaint(word):
                found[f"{word} ({wrong})"].append(piece.place)
    return dict(sorted(found.items()))


def print_longest(count: int) -> None:
    """Print the longest sentences of each notebook."""
    for path in sorted(BOOK.glob("*.ipynb")):
        found = [
            (len(sentence.split()), piece.place.split(", ")[1], sentence)
            for piece in notebook_prose(path)
            if "picture" not in piece.place
            for sentence in sentences(piece.text)
        ]
        print(path.name)
        for length, cell, sentence in sorted(found, reverse=True)[:count]:
            print(f"  {length} words, {cell}: {sentence}")


def main() -> int:
    """Print what is wrong; return 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--sentences", type=int, nargs="?", const=5, help="longest sentences per file"
    )
    arguments = parser.parse_args()
    if arguments.sentences:
        print_longest(arguments.sentences)
        return 0
    found = misspelt()
    for word, places in found.items():
        print(f"{word}: {'; '.join(places[:3])}{' ...' if len(places) > 3 else ''}")
    if found:
        print("Mend the word, or add it to tools/words.txt if it is right.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
