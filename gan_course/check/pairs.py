"""Both losses of the game on pairs (x, y): an exercise of chapter 5."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close


def _generator(z: Tensor, y: Tensor) -> Tensor:
    """Make [N, 3]: noise, and the label as a number that a judge can read."""
    return torch.stack([z[:, 0], z[:, 1] * y, y.to(z.dtype)], 1)


class _Generator:
    """G(z, y) as above, which remembers whether it was asked for y in another order."""

    def __init__(self, y: Tensor) -> None:
        self.y = y
        self.moved = False

    def __call__(self, z: Tensor, y: Tensor) -> Tensor:
        self.moved |= len(y) == len(self.y) and not torch.equal(y, self.y)
        return _generator(z, y)


class _Judge:
    """D(x, y), cold to wrong names; remembers the largest gap between name and request.

    It also remembers whether it was ever called with labels that are not those of the batch, `y`.
    """

    def __init__(self, y: Tensor) -> None:
        self.y = y
        self.gap = 0.0
        self.strange = False

    def __call__(self, x: Tensor, y: Tensor) -> Tensor:
        batch = self.y.repeat(max(1, len(y) // len(self.y)))  # real and fake may come together
        self.strange |= not torch.equal(y.sort().values, batch.sort().values)
        gap = x[:, 2] - y
        self.gap = max(self.gap, gap.abs().max().item())
        return 0.8 * x[:, 0] - 0.3 * x[:, 1] * y - gap.square()


@exercise(stars=2)
def pair_losses(pair_losses):
    """Write both losses of the game on pairs."""
    for n in (32, 20):
        _check_pair_losses(pair_losses, torch.randint(5, (n,)), torch.randn(n, 2))
    _check_extremes(pair_losses)
    return "Every fake is judged under the label that it was made for, however sure D is."


def _check_pair_losses(pair_losses, y: Tensor, z: Tensor) -> None:
    """Try labels y [N] and latents z [N, 2]."""
    D, x = _Judge(y), _generator(torch.randn(len(y), 2) + 1.5, y)
    z.requires_grad_()
    real, fake = D(x, y), D(_generator(z, y), y)
    G = _Generator(y)
    got = pair_losses(G, D, x, y, z)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        "Return two losses, that of D and that of G.",
        "Write `return d_loss, g_loss`.",
    )
    expect(
        all(isinstance(loss, Tensor) for loss in got),
        "A loss is no tensor, so no gradient can flow from it.",
        "Return both losses as tensors, without .item() or float().",
    )
    expect(
        D.gap == 0,
        "D was shown a sample under another label than its own.",
        "Real pairs are D(x, y). For the fakes y serves both: fake = G(z, y), then D(fake, y).",
    )
    expect(
        not D.strange,
        "D was called with labels that are not those of the batch.",
        "Use y for the fakes too, G(z, y), and draw no labels of your own.",
    )
    expect(
        not G.moved,
        "G was asked for the labels of the batch in another order.",
        "As a game that is right, but not the numbers asked for: G(z, y) with y as it is.",
    )
    _check_d(got[0], real, fake)
    expect_close(
        got[1],
        softplus(-fake).mean(),
        "G's loss is not -E log sigma(D(G(z, y), y)).",
        "It is softplus(-D(fake, y)), averaged.",
        mistakes=[
            (-softplus(fake).mean(), "This is the saturating loss.", "Use softplus(-a)."),
            (softplus(fake).mean(), "This pushes D's logits on fakes down.", "G wants them up."),
            (-fake.mean(), "This is the loss against a critic.", "Put the logit in softplus."),
        ],
    )
    expect(
        isinstance(got[1], Tensor) and got[1].requires_grad,
        "No gradient flows from G's loss back to G.",
        "A fake may be detached in D's loss, but not in G's.",
    )


def _check_extremes(pair_losses) -> None:
    """Try a D whose logits are 1000 and more: the losses and the slopes of D and G stay finite."""
    y = torch.arange(6)
    z, sign = torch.randn(6, 2), torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
    x = torch.zeros(6, 3)
    real_logits = (-1000.0 * sign).requires_grad_()
    fake_logits = (1000.0 * sign).requires_grad_()

    def G(z: Tensor, y: Tensor) -> Tensor:
        return torch.ones(len(y), 3)

    def D(x: Tensor, y: Tensor) -> Tensor:
        return torch.where(x[:, 0] > 0, fake_logits[y], real_logits[y])

    hints = (
        "With logits as large as 1000 a loss or its slope is wrong.",
        "log(sigmoid(a)) is -inf there: softplus(-a) is -log sigma(a), and stays finite.",
    )
    d_loss, g_loss = pair_losses(G, D, x, y, z)
    expect_close(d_loss, 1000.0, *hints)  # half of the real pairs and half of the fakes cost 1000
    expect_close(g_loss, 500.0, *hints)
    for loss, logits, wrong in ((d_loss, real_logits, sign > 0), (g_loss, fake_logits, sign < 0)):
        (slope,) = torch.autograd.grad(loss, logits, retain_graph=True)
        expect_close(slope, -wrong.float() / len(y), *hints)


def _check_d(got: Tensor, real: Tensor, fake: Tensor) -> None:
    want = softplus(-real).mean() + softplus(fake).mean()
    expect_close(
        got,
        want,
        "D's loss is not -E log sigma(D(x, y)) - E log(1 - sigma(D(G(z, y), y))).",
        "It is softplus(-a) on real pairs plus softplus(a) on fake pairs, each averaged.",
        mistakes=[
            (-want, "This is V, which D maximises.", "A loss is minimised: change the sign."),
            (want / 2, "This is half of it.", "V adds the two means."),
            (softplus(real).mean() + softplus(-fake).mean(), "Real and fake are swapped.", "Which logits should be high?"),
            (softplus(-real).mean(), "It looks at real pairs only.", "Add the fake pairs."),
            (softplus(fake).mean(), "It looks at fake pairs only.", "Add the real pairs."),
            (softplus(-fake).mean(), "This is G's loss.", "Return D's loss first."),
        ],
    )  # fmt: skip
