"""Formulas as words of a line: `\\frac{p}{q}` reads p/q, `D^*` reads D*, for where no drawing can stand.

The search's excerpts take them. What is read is the MathML that MathJax gives each
formula for speech output, so no second reader of TeX is needed.
"""

import re
import xml.etree.ElementTree as ET

MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
RAISED = str.maketrans("0123456789+-−()nkTijdm∗*⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿᵏᵀⁱʲᵈᵐ***")
LOWERED = str.maketrans("0123456789+-−()aeijkmnpt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₐₑᵢⱼₖₘₙₚₜ")
MARKS = {"^": "\u0302", "ˆ": "\u0302", "¯": "\u0304", "―": "\u0304", "~": "\u0303", "˜": "\u0303"}
RELATIONS = frozenset("=<>≤≥≈∼→⟶∈≠∝+⇒⟹⟺↦≪≫")
INVISIBLE = re.compile("[\u2061\u2062\u2063\u2064\u200b]")


def shifted(text: str, signs: dict, mark: str) -> str:
    """Return an index or exponent by raised or lowered signs, or after a mark where there are none."""
    moved = text.translate(signs)
    if set(text) == {"′"}:
        return text
    unmoved = any(a == b and not a.isspace() for a, b in zip(text, moved, strict=True))
    if not unmoved:
        return moved.replace(" ", "")
    return f"{mark}{text}" if len(text) == 1 or text.isalpha() else f"{mark}({text})"


def grouped(text: str) -> str:
    """Return text that can stand beside a stroke."""
    return text if re.fullmatch(r"[\w.′*]+|[A-Za-z]+\([^()]*\)", text) else f"({text})"


def over(base: str, sign: str) -> str:
    """Return a letter under its hat, bar or tilde; other signs are left out."""
    return f"{base}{MARKS.get(sign, '')}" if len(base) == 1 else base


def read(node: ET.Element) -> str:
    """Return one element of MathML as text."""
    parts = [read(child) for child in node]
    if node.tag == "mfrac":
        return f"{grouped(parts[0])}/{grouped(parts[1])}"
    if node.tag == "msqrt":
        inside = "".join(parts)
        return f"√{inside}" if len(inside) == 1 else f"√({inside})"
    if node.tag == "mover":
        return over(*parts)
    if node.tag in ("msub", "munder"):
        return parts[0] + shifted(parts[1], LOWERED, "_")
    if node.tag == "msup":
        return parts[0] + shifted(parts[1], RAISED, "^")
    if node.tag in ("msubsup", "munderover"):
        return parts[0] + shifted(parts[1], LOWERED, "_") + shifted(parts[2], RAISED, "^")
    if node.tag == "mlabeledtr":  # an equation's number, and the equation
        return " ".join(parts[1:])
    if node.tag in ("mtr", "mtable"):
        return " ".join(parts)
    if node.tag == "mspace":
        return " "
    return spaced(node, (node.text or "") + "".join(parts))


def spaced(node: ET.Element, text: str) -> str:
    """Return the text of a sign with the space that a reader expects around it."""
    if node.tag == "mo":
        if text in RELATIONS:
            return f" {text} "
        return {",": ", ", ";": "; ", "⋅": "·", "∣": "|"}.get(text, text)
    if node.tag == "mi" and len(text) > 1:  # ln, max, KL: the name of a function
        return f" {text} "
    return text


def readable(drawn: str, longest: int = 60) -> str:
    """Return the formula of a drawing that holds MathML, or "…" if it is too long for a line."""
    found = MATH.search(drawn)
    if found is None:
        return ""
    source = found[0].replace("&nbsp;", " ").replace("&", "&amp;").replace("&amp;amp;", "&amp;")
    source = re.sub(r"&amp;(lt|gt|quot|#\w+);", r"&\1;", source)
    text = " ".join(INVISIBLE.sub("", read(ET.fromstring(source))).split())
    text = re.sub(r"(?<=[(\[|]) | (?=[)\],;|])|(?<=\w) (?=\()", "", text)
    text = re.sub(r"(?<=[\w)\]|⁰¹²³]) ?− ?", " − ", text)
    return text if len(text) <= longest else "…"
