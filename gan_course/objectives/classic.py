"""The objectives of chapters 3 to 8 that are written down one by one."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import relu, softplus

from ..arguments import real_number
from .base import Objective


def _binary_cross_entropy_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(-real).mean() + softplus(fake).mean()


def _minimax_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return -softplus(fake).mean()


def _non_saturating_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return softplus(-fake).mean()


minimax = Objective("minimax", _binary_cross_entropy_d, _minimax_g)
"""The zero-sum game of Goodfellow et al. (2014, arXiv:1406.2661).

    d = -E log sigma(D(x)) - E log(1 - sigma(D(G(z)))) = -V(D, G),     g = -d's second term.

G minimises E log(1 - sigma(D(G(z)))), whose slope in the logit a is -sigma(a): it dies away
just when D is sure that the sample is fake (G *saturates*).
"""

non_saturating = Objective("non_saturating", _binary_cross_entropy_d, _non_saturating_g)
"""The loss that is used in practice (Goodfellow et al., 2014): same d as `minimax`, and

    g = -E log sigma(D(G(z))),

whose slope in the logit a is -(1 - sigma(a)): it is strongest when D is sure of a fake.
"""


def _wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    return fake.mean() - real.mean()


def _critic_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return -fake.mean()


wasserstein = Objective("wasserstein", _wasserstein_d, _critic_g, probabilistic=False)
"""The critic of Arjovsky, Chintala and Bottou (2017, arXiv:1701.07875), linear in the logits.

    d = E D(G(z)) - E D(x),     g = -E D(G(z)).

-d estimates the Wasserstein-1 distance only if D is kept 1-Lipschitz (a penalty, clipping
or spectral normalisation) and trained almost to its optimum.
"""


def _hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    return relu(1 - real).mean() + relu(1 + fake).mean()


hinge = Objective("hinge", _hinge_d, _critic_g)
"""The hinge loss (Lim and Ye, 2017, arXiv:1705.02894; Tran et al., 2017, arXiv:1702.08896).

    d = E max(0, 1 - D(x)) + E max(0, 1 + D(G(z))),     g = -E D(G(z)).

Its minimum over D is 2 - 2 TV(p, q), reached by the sign of p - q.
"""


def _least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def _least_squares_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    return (fake - 1).square().mean() / 2


least_squares = Objective("least_squares", _least_squares_d, _least_squares_g, balanced=0.5)
"""LSGAN with targets 0, 1 and 1 (Mao et al., 2017, arXiv:1611.04076).

    d = (E (D(x) - 1)^2 + E D(G(z))^2) / 2,     g = E (D(G(z)) - 1)^2 / 2.

The best output, D* = p / (p + q), is no logit. These are the targets that everybody uses; those
for which the paper proves its chi-square are `least_squares_with(-1, 1, 0)`.
"""


def least_squares_with(a: float, b: float, c: float) -> Objective:
    """Return LSGAN's losses with targets of your own (Mao et al., 2017, arXiv:1611.04076).

    `d = (E (D(x) - b)^2 + E (D(G(z)) - a)^2) / 2`, least at `D* = (b p + a q) / (p + q)`, and
    `g = E (D(G(z)) - c)^2 / 2`. If b - c = 1 and b - a = 2, as in (-1, 1, 0), then at D* this and
    the same mean over the real samples, in which there is no G, add up to Pearson's divergence of
    p, or of q, from (p + q) / 2. G follows the slope of g with D held, which is another one.

    Args:
        a: D's target for fake samples.
        b: D's target for real ones.
        c: G's target for fake ones.

    Returns:
        An objective on outputs that are no logits, such as `[N, 1]`.

    Raises:
        ValueError: a target is no finite number.
    """
    a, b, c = (real_number(target, name) for target, name in ((a, "a"), (b, "b"), (c, "c")))

    def d(real: Tensor, fake: Tensor) -> Tensor:
        return ((real - b).square().mean() + (fake - a).square().mean()) / 2

    def g(fake: Tensor, real: Tensor | None = None) -> Tensor:
        return (fake - c).square().mean() / 2

    return Objective(f"least_squares(a={a:g}, b={b:g}, c={c:g})", d, g, balanced=(a + b) / 2)


def _relativistic_d(real: Tensor, fake: Tensor) -> Tensor:
    return softplus(fake - real).mean()


def _relativistic_g(fake: Tensor, real: Tensor | None = None) -> Tensor:
    if real is None:
        raise ValueError("the relativistic loss of G compares fake with real: pass D(real) too.")
    return softplus(real - fake).mean()


relativistic = Objective(
    "relativistic", _relativistic_d, _relativistic_g, paired=True, probabilistic=False
)
"""The relativistic pairing loss (Jolicoeur-Martineau, 2019, arXiv:1807.00734).

    d = -E log sigma(D(x) - D(G(z))),     g = -E log sigma(D(G(z)) - D(x)).

The i-th real sample is compared with the i-th fake one, so both batches have the same size.
"""
