"""The exercises of the refresher: a stable logarithm, one move of D, samples that disturb nothing."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from .core import exercise
from .expect import expect, expect_close, gradients


@exercise(stars=1)
def log_fake(log_not_sigmoid):
    """Write log(1 - sigma(a)) so that no logit is too large for it."""
    a = torch.tensor([-3.0, -0.5, 0.0, 2.0])
    want = -softplus(a)
    expect_close(
        log_not_sigmoid(a),
        want,
        "This is not log(1 - sigma(a)).",
        "1 - sigma(a) = 1/(1 + e^a). Its logarithm is minus log(1 + e^a), and log(1 + e^a) has "
        "a name in torch.nn.functional.",
        mistakes=[
            (-want, "The sign: the logarithm of a probability is never above 0.", "Put a minus."),
            (
                -softplus(-a),
                "This is log sigma(a), the probability of *real*.",
                "1 - sigma(a) = sigma(-a): change the sign of the logit.",
            ),
            (
                want.mean(),
                "You averaged: return one number for each logit.",
                "Leave the mean to the loss; here the shape of a stays.",
            ),
        ],
    )
    big = torch.tensor([-1000.0, 1000.0])
    expect_close(
        log_not_sigmoid(big),
        [0.0, -1000.0],
        "It breaks at logits of -1000 and 1000.",
        "In float32 sigma(1000) is exactly 1 and exp(1000) is infinite, and their logarithms "
        "are lost. Compute neither.",
    )
    slope = gradients(log_not_sigmoid, big)[0]
    expect(
        slope.isfinite().all(),
        "Its values are right, and its slope at logits of -1000 and 1000 is not finite.",
        "torch.where computes both branches, and in the slope infinity times 0 is NaN.",
    )
    expect_close(slope, [0.0, -1.0], "Its slope is not -sigma(a).", "A clamp has slope 0.")
    return "It equals log(1 - sigma(a)), is finite at logits of 1000, and its slope is -sigma(a)."


@exercise(stars=2, in_place=True)
def d_move(move):
    """Write one move of D: its loss, its gradient, its step, and nothing for G."""
    for n in (16, 9):
        _check_move(move, *_players(n))
    return "D went one step down its own loss, from a fresh gradient, and G received nothing."


def _check_move(move, G: nn.Module, D: nn.Module, x: Tensor, z: Tensor) -> None:
    """Let D move once on x and z, both [N, 2], and demand the right step."""
    optimizer = torch.optim.SGD(D.parameters(), lr=0.5)
    leftover = [torch.ones_like(p) for p in D.parameters()]
    for p, ones in zip(D.parameters(), leftover, strict=True):
        p.grad = ones.clone()
    before, frozen = _flat(D), _flat(G)
    move(D, G, optimizer, x.clone(), z.clone())
    step = (before - _flat(D)) / 0.5
    expect(
        torch.equal(_flat(G), frozen),
        "G has moved: in D's move only D's weights change.",
        "The optimizer that you are given holds D's weights. Step no other.",
    )
    _expect_step(step, D, before, x, G(z).detach(), torch.cat([g.flatten() for g in leftover]))
    expect(
        all(p.grad is None for p in G.parameters()),
        "D has moved as it should, but G's parameters have received a gradient.",
        "Cut the graph between the players: D(G(z).detach()).",
    )
    expect(
        all(p.requires_grad for p in G.parameters()) and G.training,
        "D has moved as it should, but G is left frozen or in eval mode: it would not learn on.",
        "Cut the graph at the samples, by detach or no_grad, and leave G itself alone.",
    )


def _expect_step(
    step: Tensor, D: nn.Module, before: Tensor, x: Tensor, fake: Tensor, leftover: Tensor
) -> None:
    """Demand that D [parameters, flat] has moved along the gradient of its loss, and no other."""
    torch.nn.utils.vector_to_parameters(before, D.parameters())  # D as it was before the move
    real_part = _gradient(softplus(-D(x)).mean(), D)
    fake_part = _gradient(softplus(D(fake)).mean(), D)
    want = real_part + fake_part
    expect_close(
        step,
        want,
        "D has moved, but not by lr times the gradient of its loss on this batch.",
        "The loss is softplus(-D(x)).mean() + softplus(D(G(z))).mean(): empty the gradients, call "
        "backward() once, step once.",
        mistakes=[
            (
                0 * want,
                "D has not moved.",
                "backward() fills the gradients, step() uses them, and zero_grad() between the two "
                "would empty them.",
            ),
            (leftover, "D moved along an old gradient.", "backward() comes before step()."),
            (
                want + leftover,
                "D moved along this gradient plus one that was left over from before.",
                "Call optimizer.zero_grad() before backward(): gradients add up until then.",
            ),
            (-want, "D moved uphill.", "The optimizer minimises: give it -V, not V."),
            (
                real_part,
                "Only the real samples have taught D: the fake ones gave it no gradient.",
                "Detach G(z), not D(G(z)): detaching D's output cuts D off as well.",
            ),
            (
                _gradient(softplus(D(x)).mean() + softplus(-D(fake)).mean(), D),
                "Real and fake are swapped.",
                "softplus(-a) = -log sigma(a) is small where D says real: it belongs to x.",
            ),
        ],
    )


@exercise(stars=2)
def draw(sample):
    """Draw n samples from G with a seed of their own, and leave everything as it was."""
    G = _Watched()
    G.train()
    before, state = copy.deepcopy(G.state_dict()), torch.get_rng_state()
    x = sample(G, 200, 3)
    expect(
        isinstance(x, Tensor) and x.shape == (200, 2) and G.z is not None,
        "Return G(z), one sample for each of the n latents: [n, 2].",
        "Draw z of shape [n, 2] and call G with it, once.",
    )
    _expect_latents(G.z)
    _expect_eval(G, x, before)
    expect(G.training, "G was in train mode before, and is not any more.", "Put the mode back.")
    expect(
        not x.requires_grad,
        "The samples carry their graph with them: memory for gradients that nobody takes.",
        "Call G under torch.no_grad(), or decorate your function with @torch.no_grad().",
    )
    expect(
        torch.equal(torch.get_rng_state(), state),
        "Your seed has changed the caller's random state: training would go on differently.",
        "Draw z from a torch.Generator().manual_seed(seed) of your own, or inside "
        "torch.random.fork_rng().",
    )
    _expect_repeatable(sample, G, x)
    return "Each sample stands alone, repeats with its seed, and nobody notices that you drew it."


def _expect_latents(z: Tensor) -> None:
    """Demand latents [n, 2] that look like N(0, I)."""
    expect(
        z.shape == (200, 2) and abs(z.mean()) < 0.25 and abs(z.std() - 1) < 0.2,
        "The latents that reach G are not N(0, I) of shape [n, 2].",
        "torch.randn draws from N(0, 1), torch.rand from the uniform distribution on [0, 1).",
    )


def _expect_eval(G: _Watched, x: Tensor, before: dict[str, Tensor]) -> None:
    """Demand the samples [n, 2] of eval mode, and that G's buffers have not moved."""
    reference = copy.deepcopy(G)
    reference.load_state_dict(before)
    with torch.no_grad():
        alone, together = reference.eval()(G.z), reference.train()(G.z)
    strong = "Call G.eval() before you draw. It changes batch norm and dropout, not gradients."
    expect_close(
        x,
        alone,
        "The samples are not those of G in eval mode.",
        strong,
        mistakes=[
            (together, "Batch norm made each sample depend on its neighbours: train mode.", strong)
        ],
    )
    expect(
        all(torch.equal(value, before[name]) for name, value in G.state_dict().items()),
        "Drawing has changed G: its running statistics have moved.",
        "Every pass in train mode moves them, also under no_grad. Call G.eval() first.",
    )


def _expect_repeatable(sample, G: _Watched, x: Tensor) -> None:
    """Demand that the seed, and only the seed, decides, and that eval mode stays eval mode."""
    again, other = sample(G, 200, 3), sample(G, 200, 4)
    expect(
        torch.equal(x, again),
        "The same seed gave other samples.",
        "Seed the generator inside your function, at every call.",
    )
    expect(not torch.equal(x, other), "Another seed gave the same samples.", "Use the argument.")
    expect(sample(G, 7, 3).shape == (7, 2), "For n = 7 there should be 7 samples.", "Use n.")
    G.eval()
    sample(G, 200, 3)
    expect(
        not G.training,
        "G was in eval mode before, and is in train mode now.",
        "Remember G.training first, and end with G.train(what_it_was).",
    )
    G.train()
    G.net[1].eval()  # as whoever goes on training a network may leave its batch norm
    sample(G, 200, 3)
    expect(
        [layer.training for layer in (G, *G.net)] == [True, True, False, True, True],
        "G was in train mode but for one layer in eval mode; afterwards that was different.",
        "G.train(...) switches every layer inside. Remember layer.training for each layer of "
        "G.modules(), and put each one back.",
    )


class _Watched(nn.Module):
    """A generator with batch norm that remembers the latents it was called with."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
        self.net[1].running_mean.fill_(0.3)
        self.seen = _Seen()

    @property
    def z(self) -> Tensor | None:
        """The latents of the last call, of this network or of a copy."""
        return self.seen.z

    def forward(self, z: Tensor) -> Tensor:
        self.seen.z = z.detach()
        return self.net(z)


class _Seen:
    """What a network and all its copies were last called with."""

    z: Tensor | None = None

    def __deepcopy__(self, memo: dict) -> _Seen:
        return self


def _players(n: int) -> tuple[nn.Module, nn.Module, Tensor, Tensor]:
    """Return a small G and D, real samples x [n, 2] and latents z [n, 2]."""
    G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    return G, D, torch.randn(n, 2) + 1, torch.randn(n, 2)


def _flat(network: nn.Module) -> Tensor:
    """All parameters of a network, copied, one after the other: [parameters]."""
    return torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone()


def _gradient(loss: Tensor, network: nn.Module) -> Tensor:
    """Return the gradient of a scalar in all parameters of a network: [parameters]."""
    found = torch.autograd.grad(loss, list(network.parameters()))
    return torch.cat([gradient.flatten() for gradient in found])
