"""Formulas as words of a line, and sections as entries of the search."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "sphinx_ext")]

from readable import readable  # noqa: E402

formulas = pytest.importorskip("formulas")
pytest.importorskip("py_mini_racer")

READ = {
    r"D^*(x) = \ln \frac{p(x)}{q(x)}": "D*(x) = ln p(x)/q(x)",
    r"\frac{p + q}{2}": "(p + q)/2",
    r"x_{ij}^2": "xᵢⱼ²",
    r"\bar w_{t-1}": "w̄ₜ₋₁",
    r"x' \in [0, 1)": "x′ ∈ [0, 1)",
    r"\mathrm{KL}(p \,\|\, q) \ge 0": "KL(p ‖ q) ≥ 0",
    r"e^{-5000}": "e⁻⁵⁰⁰⁰",
    r"1 - \sigma(D(G(z)))": "1 − σ(D(G(z)))",
    r"\sqrt{2 \pi}": "√(2π)",
    r"\tfrac12": "1/2",
    r"q_{\theta_0}": "q_(θ₀)",
    r"a = b. \tag{3.1}": "a = b.",
    r"-1 < x < 1": "−1 < x < 1",
}


def test_formulas_are_read_as_one_would_type_them():
    listed = [(tex, False) for tex in READ]
    drawings, _ = formulas.draw(listed)
    read = {tex: readable(drawings[tex, False].html) for tex in READ}
    assert read == READ


def test_a_long_formula_is_left_out():
    tex = " + ".join(f"x_{{{number}}}" for number in range(40))
    drawings, _ = formulas.draw([(tex, False)])
    assert readable(drawings[tex, False].html) == "…"


def test_what_holds_no_formula_reads_as_nothing():
    assert readable("<p>words</p>") == ""
