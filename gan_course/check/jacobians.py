"""The Jacobian of a small GAN's push, and how much of it turns: an exercise of chapter 10."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .core import exercise
from .expect import close, expect, expect_close, number


@exercise(stars=3)
def game_jacobian(game_jacobian, turning_share):
    """Write the Jacobian of both players' push, and the share of it that turns."""
    for sizes, dtype, count in (
        ((2, 2, 1), torch.float32, (6, 9)),
        ((1, 3, 2), torch.float64, (7, 4)),
    ):
        _check_jacobian(game_jacobian, *_networks(*sizes, dtype), dtype, *count)
    _check_share(turning_share)
    return "All four blocks are right for two pairs of networks, and so is the share."


def _networks(k: int, d: int, hidden: int, dtype: torch.dtype) -> tuple[nn.Module, nn.Module, int]:
    """Return G from [N, k] to [N, d], D from there to logits [N, 1], and k."""
    G = nn.Sequential(nn.Linear(k, hidden), nn.Tanh(), nn.Linear(hidden, d))
    D = nn.Sequential(nn.Linear(d, hidden + 1), nn.Tanh(), nn.Linear(hidden + 1, 1))
    return G.to(dtype), D.to(dtype), k


def _losses(G, D, real: Tensor, z: Tensor, saturating: bool = False) -> tuple[Tensor, Tensor]:
    fake = D(G(z))
    loss_D = softplus(-D(real)).mean() + softplus(fake).mean()
    return (-softplus(fake).mean() if saturating else softplus(-fake).mean()), loss_D


def _slopes(loss: Tensor, weights: list[Tensor]) -> Tensor:
    kept = {"create_graph": True, "materialize_grads": True, "allow_unused": True}
    found = torch.autograd.grad(loss, weights, **kept)
    return torch.cat([one.reshape(-1) for one in found])


def _jacobian(G, D, real: Tensor, z: Tensor, saturating: bool = False) -> Tensor:
    """Return the Jacobian of both pushes, each down its own loss, row by row."""
    weights = [list(player.parameters()) for player in (G, D)]
    losses = _losses(G, D, real, z, saturating)
    push = -torch.cat([_slopes(loss, own) for loss, own in zip(losses, weights, strict=True)])
    return torch.stack([_slopes(one, weights[0] + weights[1]) for one in push]).detach()


def _hessian(G, D, real: Tensor, z: Tensor) -> Tensor:
    """Return that of -L_D in all weights, as if one function fell."""
    weights = [*G.parameters(), *D.parameters()]
    slope = _slopes(_losses(G, D, real, z)[1], weights)
    return -torch.stack([_slopes(one, weights) for one in slope]).detach()


def _check_jacobian(answer, G, D, k: int, dtype: torch.dtype, n: int, m: int) -> None:
    real = torch.randn(n, G[2].out_features, dtype=dtype) + 1
    z = torch.randn(m, k, dtype=dtype)
    before = [w.detach().clone() for w in (*G.parameters(), *D.parameters())]
    got = number(answer(G, D, real, z))
    _expect_untouched(G, D, before)
    J, first = _jacobian(G, D, real, z), sum(w.numel() for w in G.parameters())
    expect(
        got.shape == J.shape,
        f"With {first} weights of G and {len(J) - first} of D the shape should be {list(J.shape)}, "
        f"and yours is {list(got.shape)}.",
        "One vector of all weights, G's and then D's; its push; one row for each number of it.",
    )
    if close(got, J):  # what is below takes longer than the answer
        return
    _expect_blocks(got, J, first, m)
    other = torch.cat([torch.arange(first, len(J)), torch.arange(first)])
    saturating, one = _jacobian(G, D, real, z, saturating=True), _hessian(G, D, real, z)
    expect_close(
        got,
        J,
        f"With {first} weights of G and {len(J) - first} of D this is not the Jacobian of the push.",
        "torch.func.functional_call evaluates a network at given weights. Write the push as a "
        "function of one vector, each part minus the gradient of its own player's loss in its own "
        "weights, and give it to torch.func.jacrev.",
        mistakes=[
            (-J, "All signs are the other way round.", "The push is *minus* the gradients."),
            (J.T, "Rows and columns are exchanged.", "Row i holds the derivatives of push i."),
            (
                J[other][:, other],
                "D's weights come before G's here.",
                "G's weights first, in rows and in columns.",
            ),
            (
                saturating,
                "G's rows are those of the saturating loss.",
                "G goes down softplus(-D(G(z))), averaged.",
            ),
            (
                one,
                "Here both players go down D's loss.",
                "G's part of the push is minus the gradient of its own loss.",
            ),
            (-one, "Here both players go *up* D's loss.", "Each goes down a loss of its own."),
            (
                torch.cat([J[:first], -J[first:]]),
                "D's rows have the wrong sign.",
                "D goes down its loss, as G does: two minus signs.",
            ),
            (
                torch.cat([-J[:first], J[first:]]),
                "G's rows have the wrong sign.",
                "G goes down its loss, as D does: two minus signs.",
            ),
        ],
        tolerance=1e-4,
    )


def _expect_blocks(got: Tensor, J: Tensor, first: int, m: int) -> None:
    """Name what is wrong with a block or two, where the others are right."""
    cut = [
        "D's push does not depend on G's weights here.",
        "G's push does not depend on D's weights here.",
    ]
    without = [J.clone(), J.clone(), J.clone()]
    for k in (0, 2):
        without[k][first:, :first] = 0
    for k in (1, 2):
        without[k][:first, first:] = 0
    for wrong, hint in zip(
        without, [*cut, "The blocks between the players are zero."], strict=True
    ):
        expect(
            not close(got, wrong),
            hint,
            "Each player's push is differentiated in *all* weights. In a training step the fakes may "
            "be detached in D's loss; here detach or no_grad cuts off just what is asked for.",
        )
    expect(
        not close(got[:first], m * J[:first]),
        f"G's rows are {m} times as large as they should be, for a batch of {m}.",
        "A loss is a mean over the batch, not a sum.",
    )


def _expect_untouched(G, D, before: list[Tensor]) -> None:
    after = [*G.parameters(), *D.parameters()]
    expect(
        all(torch.equal(old, new) for old, new in zip(before, after, strict=True)),
        "The networks' weights have changed.",
        "A Jacobian only looks: torch.func.functional_call leaves a network's own weights alone.",
    )
    expect(
        all(w.grad is None and w.requires_grad for w in after),
        "The networks came out with gradients, or without asking for any.",
        "Instead of backward(), use torch.func.grad or torch.autograd.grad, which fill nothing.",
    )


def _check_share(turning_share) -> None:
    turn, random = torch.randn(4, 4), torch.randn(2, 3, 5, 5)
    for J in (random[0, 0], turn + 2 * turn.T, 1e-3 * random[1, 1], torch.randn(2, 2).double()):
        _check_one_share(turning_share, J)
    for J, want, what in (
        (turn + turn.T, 0.0, "symmetric"),
        (turn - turn.T, 1.0, "antisymmetric"),
    ):
        expect_close(
            turning_share(J),
            want,
            f"Of a matrix that is {what} the share should be {want:g}.",
            "R = (J - J^T) / 2 is what is left when the symmetric part is taken away.",
        )


def _check_one_share(turning_share, J: Tensor) -> None:
    R, S = (J - J.T) / 2, (J + J.T) / 2
    r, s, whole = (part.square().sum() for part in (R, S, J))
    expect_close(
        turning_share(J),
        r / whole,
        "This is not |R|^2 / |J|^2.",
        "J = S + R with S = (J + J^T) / 2 and R = (J - J^T) / 2; sums of squares over all entries.",
        mistakes=[
            (s / whole, "This is the share of the symmetric part.", "R = (J - J^T) / 2."),
            (
                (r / whole).sqrt(),
                "This is its root.",
                "Squares of the entries, summed; a norm is the root of that.",
            ),
            (4 * r / whole, "This is four times the share.", "The half in R is squared, too."),
            (2 * r / whole, "This is twice the share.", "R = (J - J^T) / 2, then its square."),
            (r / s, "This compares R with S.", "The denominator is the whole, |J|^2."),
            (
                R.abs().sum() / J.abs().sum(),
                "This adds up absolute values.",
                "Of squares S and R add up to J; of absolute values they do not.",
            ),
            (
                (torch.linalg.matrix_norm(R, 2) / torch.linalg.matrix_norm(J, 2)) ** 2,
                "This takes the largest singular value for the norm.",
                "Here the norm is that of all entries: the root of the sum of their squares.",
            ),
            (
                1 - J.diag().square().sum() / whole,
                "This is the share of what stands off the diagonal.",
                "Off the diagonal both S and R have entries.",
            ),
        ],
    )
