"""A formula's MathML as one line of signs, for what knows no MathML: "x^2", "(a)/(b)", "√(x)"."""

from xml.etree import ElementTree

QUIET = {
    "\u2061",
    "\u2062",
    "\u2063",
    "\u2064",
}  # function application, invisible times, comma, plus
ACCENTS = {"^": "\u0302", "~": "\u0303", "¯": "\u0304"}
BIG = {"∑", "∏", "∫", "max", "min", "sup", "inf", "lim"}


def grouped(text: str) -> str:
    """Return a piece in parentheses, unless it is one sign or a word."""
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


def said(node: ElementTree.Element) -> str:
    """Return a formula's signs in one line."""
    tag, parts = node.tag, [said(child) for child in node]
    if tag in ("mi", "mn", "mo", "mtext", "ms"):
        text = "".join((node.text or "").split("\n")).strip("\xa0 ") or " "
        if text in QUIET:
            return ""
        return f" {text} " if (tag == "mo" and text in "=<>≤≥≈≠∼→↦+−∈⟹") or text in BIG else text
    if tag == "mfrac":
        return f"{grouped(parts[0])}/{grouped(parts[1])}"
    if tag in ("msqrt", "mroot"):
        return f"√({''.join(parts[:1] if tag == 'mroot' else parts)})"
    if tag == "mover" and parts[1].strip() in ACCENTS:
        return parts[0] + ACCENTS[parts[1].strip()]
    if tag in ("msup", "mover"):
        return f"{parts[0]}^{grouped(parts[1].strip())}"
    if tag in ("msub", "munder"):
        return f"{parts[0].rstrip()}_{grouped(parts[1].strip())} "
    if tag in ("msubsup", "munderover"):
        return f"{parts[0].rstrip()}_{grouped(parts[1].strip())}^{grouped(parts[2].strip())} "
    if tag in ("mtr", "mlabeledtr"):
        return " ".join(parts) + "; "
    if tag == "annotation":
        return ""
    return "".join(parts)


def in_one_line(mathml: str) -> str:
    """Return the signs of a `<math>` element in one line, with single spaces."""
    return " ".join(said(ElementTree.fromstring(mathml)).split()).rstrip(" ;")
