"""`{how-to-cite}`: the citation of `CITATION.cff` as a sentence and as BibTeX, with a button that copies."""

import sys
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

sys.path.append(str(Path(__file__).resolve().parents[1]))

from set_address import site


def address_of_course(app: Sphinx) -> str:
    """Return where the course can be read, "" where it has no public address."""
    return f"{site(app.config.public_address)}/" if app.config.public_address else ""


def authors(citation: dict) -> list[str]:
    """Return the authors' names; a group has one name, a person two."""
    return [
        who.get("name") or f"{who['given-names']} {who['family-names']}"
        for who in citation["authors"]
    ]


def bibtex(citation: dict, address: str) -> str:
    """Return the citation as BibTeX. Double braces keep capitals and names as they are."""
    fields = {
        "title": f"{{{citation['title']}}}",
        "author": " and ".join(f"{{{name}}}" for name in authors(citation)),
        "year": str(citation["date-released"])[:4],
        "note": f"Version {citation['version']}",
        "url": address,
    }
    lines = [f"  {name:<6} = {{{value}}}" for name, value in fields.items() if value]
    return "@misc{gan_course,\n" + ",\n".join(lines) + "\n}"


def sentence(citation: dict, address: str) -> str:
    """Return the citation as a reader writes it at the end of a text."""
    names, year = " and ".join(authors(citation)), str(citation["date-released"])[:4]
    return (
        f"{names} ({year}). {citation['title']}. Version {citation['version']}. {address}".strip()
    )


class HowToCite(SphinxDirective):
    """`{how-to-cite}`."""

    def run(self) -> list[nodes.Node]:
        """Return the sentence, then the listing."""
        path = Path(self.env.srcdir) / "CITATION.cff"
        self.env.note_dependency(str(path))
        citation = yaml.safe_load(path.read_text(encoding="utf-8"))
        address = address_of_course(self.env.app)
        listing = nodes.literal_block(text := bibtex(citation, address), text, language="bibtex")
        quote = nodes.block_quote("", nodes.paragraph(text=sentence(citation, address)))
        return [quote, nodes.paragraph(text="In BibTeX:"), listing]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_directive("how-to-cite", HowToCite)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
