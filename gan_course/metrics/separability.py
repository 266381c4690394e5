"""Linear separability: do halves of latent space answer questions about the image?"""

from __future__ import annotations

import numpy as np

from ..arguments import is_real, shown
from .arrays import Array, Samples, one_sample


def linear_separability(latents: Samples, answers: Samples, keep: float = 0.5) -> float:
    """Say what remains unknown of an image once it is known where planes put its latent.

    For each question the surest answers are kept, a linear support vector machine
    learns to foretell them from the latent, and what its verdict X leaves open
    about the answer Y is added up:

        2^(sum over questions of H(Y | X)),     H in bits,

    1 if planes part the space perfectly by every question, 2^questions at worst
    (Karras et al., 2019, arXiv:1812.04948, who ask 40 questions of 200,000 images;
    as in their code, the machine is judged on the latents that it learned from,
    which flatters spaces of many dimensions).

    Args:
        latents: z or w, `[n, d]`.
        answers: to yes-no questions about their images, `[n, questions]`: yes above
            0, and the surer, the further from 0, such as logits.
        keep: share of the answers kept for each question, the surest.

    Returns:
        The score, at least 1. A question with one answer only adds no bits.

    Raises:
        ValueError: not as many rows, or keep is no share in (0, 1].
    """
    from sklearn.svm import LinearSVC

    x, answers = one_sample(latents, "latents"), one_sample(answers, "answers")
    if len(x) != len(answers) or not (is_real(keep) and 0 < keep <= 1):
        raise ValueError(
            "Expected as many latents as answers and a share keep above 0, got "
            f"{list(x.shape)}, {list(answers.shape)} and keep = {shown(keep)}."
        )
    bits = 0.0
    for answer in answers.T:
        surest = np.argsort(-np.abs(answer), kind="stable")[: max(2, round(keep * len(x)))]
        y = answer[surest] > 0
        if y.all() or not y.any():
            continue
        told = LinearSVC(dual="auto", random_state=0).fit(x[surest], y).predict(x[surest])
        bits += _left_open(told, y)
    return float(2**bits)


def _left_open(told: Array, y: Array) -> float:
    """Return H(y | told) in bits, of two arrays of truth values [n]."""
    joint = np.array([[np.mean((told == a) & (y == b)) for b in (0, 1)] for a in (0, 1)])
    given = joint / np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    logs = np.log2(given, out=np.zeros_like(given), where=given > 0)
    return float(-(joint * logs).sum())
