"""What the checks of chapter 12 have to tell apart; test_check_chapters.py proves it."""

import copy
import math

import torch
from exercises import Proof
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from gan_course.check import chapter12


def stub(*answers): ...


# --- 1: attention ---


def attend(q, k, v):
    return (q @ k.transpose(1, 2)).softmax(2) @ v


def by_hand(q, k, v):
    weights = (q @ k.mT).exp()
    return weights @ v / weights.sum(2, keepdim=True)


def over_queries(q, k, v):
    return (q @ k.mT).softmax(1) @ v


ATTEND = Proof(
    chapter12.attend,
    stub=(stub,),
    solution=(attend,),
    wrong=[
        ((lambda q, k, v: (q @ k.mT / q.shape[2] ** 0.5).softmax(2) @ v,), "divided by sqrt"),
        ((lambda q, k, v: (q @ k.mT) @ v,), "no softmax"),
        ((over_queries,), "over the queries"),
        ((lambda q, k, v: (q @ k.mT).sigmoid() @ v,), "of its own"),
        ((lambda q, k, v: (-(q @ k.mT)).softmax(2) @ v,), "look away"),
        ((lambda q, k, v: attend(q, k, v) / v.shape[1],), "once more"),
        ((by_hand,), "not finite"),
        (
            (lambda q, k, v: nn.functional.one_hot((q @ k.mT).argmax(2), v.shape[1]).double() @ v,),
            "best key alone",
        ),
        ((lambda q, k, v: attend(q, k.detach(), v),), "slopes are not"),
        (
            (lambda q, k, v: attend(q, v, v) if q.shape[2] == v.shape[2] else v.mean(1),),
            "another one",
        ),
    ],
    unforeseen=[
        (lambda q, k, v: attend(q[:1], k[:1], v[:1]).expand(len(q), -1, -1),),
        (lambda q, k, v: (q @ k.mT).clamp(-50, 50).softmax(2) @ v,),
        (lambda q, k, v: (-torch.cdist(q, k)).softmax(2) @ v,),
    ],
    never=[
        ((by_hand,), "divided|over the queries|no softmax"),
        ((over_queries,), "divided|of its own"),
        ((lambda q, k, v: (-torch.cdist(q, k)).softmax(2) @ v,), "divided|look away|no softmax"),
    ],
)


# --- 2: shuffles ---


def shuffled(h, order):
    return h.flatten(2)[:, :, order].view_as(h)


def commutes_under(orders, same=lambda a, b: torch.allclose(a, b, atol=1e-5)):
    def commutes(layer, h):
        return all(same(layer(shuffled(h, o)), shuffled(layer(h), o)) for o in orders(h))

    return commutes


def random_orders(h):
    return [torch.randperm(h.shape[2] * h.shape[3]) for _ in range(5)]


def one_shift(h):
    """The places rolled around by a column."""
    return [torch.arange(h.shape[2] * h.shape[3]).view(h.shape[2:]).roll(1, 1).flatten()]


def one_roll(h):
    """All places, row after row, moved on by one."""
    return [torch.arange(h.shape[2] * h.shape[3]).roll(1)]


def blind(layer, h):
    """Asks whether the order is forgotten."""
    return all(torch.allclose(layer(shuffled(h, o)), layer(h), atol=1e-5) for o in random_orders(h))


def forgetful(layer, h):
    """Asks for either."""
    return commutes(layer, h) or blind(layer, h)


commutes = commutes_under(random_orders)
to_the_last_bit = commutes_under(random_orders, torch.equal)
generous = commutes_under(random_orders, lambda a, b: (a - b).abs().mean() < 0.3)


def channel_by_channel(h, order):
    parts = [h[:, c : c + 1].flatten(2)[:, :, order.roll(c)] for c in range(h.shape[1])]
    return torch.cat(parts, 1).view_as(h)


COMMUTES = Proof(
    chapter12.commutes,
    stub=(stub, stub),
    solution=(shuffled, commutes),
    wrong=[
        ((lambda h, order: h, commutes), "as they were"),
        ((lambda h, order: shuffled(h, order.argsort()), commutes), "undoes"),
        ((channel_by_channel, commutes), "order of its own"),
        ((lambda h, order: h[:, :, order % h.shape[2]], commutes), "shuffled maps are others"),
        ((shuffled, lambda layer, h: True), "3x3 convolution your answer is True"),
        ((shuffled, lambda layer, h: False), "1x1 convolution your answer is False"),
        ((shuffled, commutes_under(one_shift)), "torus your answer is True"),
        ((shuffled, commutes_under(one_roll)), "the place before your answer is True"),
        ((shuffled, to_the_last_bit), "your answer is False"),
        ((shuffled, blind), "1x1 convolution your answer is False"),
        ((shuffled, forgetful), "sorts its places your answer is True"),
        ((shuffled, generous), "your answer is True"),
    ],
    unforeseen=[
        (shuffled, commutes_under(lambda h: [torch.arange(h.shape[2] * h.shape[3])])),
        (shuffled, lambda layer, h: not any(True for _ in layer.parameters())),
    ],
    never=[
        ((shuffled, to_the_last_bit), "forgets|window"),
        ((shuffled, lambda layer, h: True), "rounding"),
    ],
)


# --- 3: right angles ---


def off_diagonal(W):
    flat = W.flatten(1)
    return flat, (flat @ flat.T).fill_diagonal_(0)


def penalty(W):
    return off_diagonal(W)[1].square().sum()


def slope(W):
    flat, off = off_diagonal(W)
    return (4 * off @ flat).view_as(W)


def by_autograd(W):
    W = W.clone().requires_grad_()
    flat = W.flatten(1)
    products = flat @ flat.T
    off = products - products.diagonal().diag()
    return torch.autograd.grad(off.square().sum(), W)[0]


def to_the_identity(W):
    flat = W.flatten(1)
    return (flat @ flat.T - torch.eye(len(W), dtype=W.dtype)).square().sum()


def with_diagonal(W):
    return (4 * W.flatten(1) @ W.flatten(1).T @ W.flatten(1)).view_as(W)


def columns(W):
    return penalty(W.flatten(1).T)


def by_cosines(W):
    return penalty(W.flatten(1) / W.flatten(1).norm(dim=1, keepdim=True)) * 5


RIGHT_ANGLES = Proof(
    chapter12.right_angles,
    stub=(stub, stub),
    solution=(penalty, slope),
    wrong=[
        ((to_the_identity, slope), "not of length 1"),
        ((lambda W: (W.flatten(1) @ W.flatten(1).T).square().sum(), slope), "diagonal is still"),
        ((columns, slope), "of the columns"),
        ((lambda W: penalty(W) / 2, slope), "counted once"),
        ((lambda W: penalty(W).sqrt(), slope), "the norm"),
        ((lambda W: off_diagonal(W)[1].abs().sum(), slope), "absolute"),
        ((lambda W: off_diagonal(W)[1].square().mean(), slope), "a mean"),
        ((by_cosines, slope), "penalty is another one"),
        ((penalty, lambda W: slope(W) / 2), "half of the slope"),
        ((penalty, lambda W: slope(W) / 4), "a quarter"),
        ((penalty, with_diagonal), "diagonal is still"),
        ((penalty, lambda W: slope(W) - 4 * (W - W.square().sum() * 0)), "another one"),
        ((penalty, lambda W: -slope(W)), "sign"),
    ],
    unforeseen=[
        (penalty, lambda W: slope(W).flatten(1)),
        (penalty, lambda W: slope(W.clamp(-100, 100))),
        (lambda W: penalty(W[: min(len(W), 4)]), slope),
    ],
    never=[
        ((by_cosines, slope), "diagonal|columns|counted"),
        ((penalty, lambda W: slope(W) / 2), "diagonal|sign"),
    ],
)


# --- 4: truncation ---


def redrawn(z, t):
    z = z.clone()
    while (beyond := z.abs() > t).any():
        z[beyond] = torch.randn(int(beyond.sum()))
    return z


def spread(t):
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(1 - 2 * t * density / math.erf(t / math.sqrt(2)))


def once(z, t):
    return torch.where(z.abs() > t, torch.randn(z.shape), z)


def anew(z, t):
    """Redraws all of it, whatever lay within."""
    return redrawn(torch.randn(z.shape), t)


def rows(z, t):
    """Redraws the whole row of one that lies beyond: for short rows only."""
    return redrawn(z, t) if z.dim() == 1 else anew(z, t)


def uniform(z, t):
    return torch.where(z.abs() > t, (2 * torch.rand(z.shape) - 1) * t, z)


def squeezed(z, t):
    """Draws again a normal that is narrow enough, which has another shape."""
    z = z.clone()
    while (beyond := z.abs() > t).any():
        z[beyond] = t * torch.randn(int(beyond.sum()))
    return z


def mirrored(z, t):
    return torch.where(z.abs() > t, redrawn(z, t).abs(), z)


def clipped_spread(t):
    share = math.erf(t / math.sqrt(2))
    return math.sqrt(share * spread(t) ** 2 + (1 - share) * t * t)


REDRAWN = Proof(
    chapter12.redrawn,
    stub=(stub, stub),
    solution=(redrawn, spread),
    wrong=[
        ((lambda z, t: z.clamp(-t, t), spread), "clipped"),
        ((lambda z, t: t * z, spread), "scaled"),
        ((once, spread), "is left"),
        ((anew, spread), "within have been changed"),
        ((rows, spread), "within have been changed"),
        ((lambda z, t: torch.where(z.abs() > t, 0, z), spread), "become 0"),
        ((squeezed, spread), "another distribution"),
        ((mirrored, spread), "as often positive"),
        ((lambda z, t: torch.where(z.abs() > t, t * 0.3, z), spread), "few values"),
        ((lambda z, t: redrawn(z, t)[z.abs() <= t], spread), "yours has"),
        ((redrawn, lambda t: spread(t) ** 2), "the variance"),
        ((redrawn, lambda t: t), "scaled z"),
        ((redrawn, clipped_spread), "clipped z"),
        ((redrawn, lambda t: t / math.sqrt(3)), "uniform z"),
        (
            (redrawn, lambda t: spread(t) * math.sqrt(math.erf(t / math.sqrt(2)))),
            "did not divide",
        ),
        ((redrawn, lambda t: math.sqrt((1 + spread(t) ** 2) / 2)), "one of the two ends"),
        ((redrawn, lambda t: 0.57 * t), "deviation is another one"),
    ],
    unforeseen=[
        (uniform, spread),
        (redrawn, lambda t: spread(min(t, 3.0))),
        (lambda z, t: redrawn(z.abs(), t), spread),
    ],
    never=[
        ((once, spread), "clipped|scaled|changed"),
        ((mirrored, spread), "another distribution"),
        ((redrawn, lambda t: 0.57 * t), "scaled|uniform|clipped"),
    ],
)


# --- 5: standing statistics ---


def norms_of(G):
    return [m for m in G.modules() if isinstance(m, _BatchNorm)]


@torch.no_grad()
def passed(G, batches, momentum=None, reset=True, everything=False, after=True):
    """Lets batches pass a copy, in several ways, of which only one is right."""
    G = copy.deepcopy(G).eval()
    G.train(everything)
    for norm in norms_of(G):
        if reset:
            norm.reset_running_stats()
        norm.momentum = momentum
        norm.train()
    for z in batches:
        G(z)
    return G.eval() if after else G


def standing(G, batches):
    return passed(G, batches)


def in_place(G, batches):
    for norm in norms_of(G):
        norm.reset_running_stats()
        norm.momentum = None
    G.train()
    with torch.no_grad():
        for z in batches:
            G(z)
    return G.eval()


def usual_momentum(G, batches):
    return passed(G, batches, norms_of(G)[0].momentum)


def usual_momentum_without_reset(G, batches):
    return passed(G, batches, norms_of(G)[0].momentum, reset=False)


def trained(G, batches):
    G = standing(G, batches)
    with torch.no_grad():
        for p in G.parameters():
            p.add_(0.1)
    return G


def limit(A, b, t):
    return b, spread(t) ** 2 * A.square().sum(1)


STANDING = Proof(
    chapter12.standing,
    stub=(stub, stub),
    solution=(standing, limit),
    wrong=[
        ((in_place, limit), "G itself has been changed"),
        ((lambda G, batches: copy.deepcopy(G).eval(), limit), "those of G still"),
        ((usual_momentum, limit), "Later batches weigh more"),
        ((usual_momentum_without_reset, limit), "G saw in training is still"),
        ((lambda G, batches: passed(G, batches, reset=False), limit), "counts as batches"),
        ((lambda G, batches: passed(G, batches[-1:]), limit), "Only the last batch"),
        ((lambda G, batches: passed(G, batches[:1]), limit), "Only the first batch"),
        ((lambda G, batches: passed(G, [torch.cat(batches)]), limit), "one large batch"),
        ((lambda G, batches: passed(G, batches, everything=True), limit), "With dropout"),
        ((lambda G, batches: passed(G, batches, after=False), limit), "still in train mode"),
        ((trained, limit), "Weights have changed"),
        ((lambda G, batches: batches[0], limit), "network like G"),
        ((standing, lambda A, b, t: (0 * b, limit(A, b, t)[1])), "mean is another one"),
        ((standing, lambda A, b, t: (b, A.square().sum(1))), "as in training"),
        ((standing, lambda A, b, t: (b, spread(t) * A.square().sum(1))), "enters squared"),
        ((standing, lambda A, b, t: (b, t * t * A.square().sum(1))), "scaled z"),
        ((standing, lambda A, b, t: (b, limit(A, b, t)[1].sqrt())), "standard deviation"),
        ((standing, lambda A, b, t: (b, spread(t) ** 2 * A.sum(1).square())), "added before"),
        ((standing, lambda A, b, t: limit(A, b, t)[1]), "Two things"),
    ],
    unforeseen=[
        (lambda G, batches: passed(G, batches, 0.5), limit),
        (lambda G, batches: passed(G, [z[: len(z) // 2] for z in batches]), limit),
        (standing, lambda A, b, t: (b, spread(0.5) ** 2 * A.square().sum(1))),
    ],
    never=[
        ((lambda G, batches: passed(G, batches, 0.5), limit), "in training|last batch|those of G"),
        ((lambda G, batches: passed(G, batches, everything=True), limit), "Weights|G itself"),
    ],
)


# --- 6: the block that never wakes up ---


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.query = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(()))

    def branch(self, h):
        q, k, v = (part(h).flatten(2) for part in (self.query, self.key, self.value))
        found = v @ (q.mT @ k).softmax(2).mT
        return self.out(found.view(len(h), -1, *h.shape[2:]))

    def forward(self, h):
        return h + self.gamma * self.branch(h)


class StubBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, h): ...


class BothZero(Attention):
    def __init__(self, channels):
        super().__init__(channels)
        nn.init.zeros_(self.out.weight)


class ZeroEnd(BothZero):
    """The other repair: gamma begins at 1."""

    def __init__(self, channels):
        super().__init__(channels)
        nn.init.ones_(self.gamma)


class AwakeAtOnce(Attention):
    def __init__(self, channels):
        super().__init__(channels)
        nn.init.ones_(self.gamma)


class FixedGamma(Attention):
    def __init__(self, channels):
        super().__init__(channels)
        del self.gamma
        self.gamma = 0.0


class DetachedBranch(Attention):
    """Gamma moves, and what it multiplies does not."""

    def forward(self, h):
        return h + self.gamma * self.branch(h).detach()


class Convolution(nn.Module):
    """Looks at neighbours only."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, h):
        return h + self.gamma * self.conv(h)


class Nothing(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, h):
        return h * 1.0


class Transposed(Attention):
    def forward(self, h):
        return super().forward(h).flatten(2)


class WithoutSoftmaxKeys(Attention):
    """The keys are made and not used."""

    def branch(self, h):
        self.key(h)
        found = self.value(h).mean((2, 3), keepdim=True).expand(-1, -1, *h.shape[2:])
        return self.out(found)


REVIVED = Proof(
    chapter12.revived,
    stub=(StubBlock,),
    solution=(Attention,),
    wrong=[
        ((BothZero,), "no parameter of the block has a gradient"),
        ((FixedGamma,), "no parameter of the block has a gradient"),
        ((AwakeAtOnce,), "changes its input"),
        ((Convolution,), "error went from"),
        ((DetachedBranch,), "error went from|never moved"),
        ((Nothing,), "no parameters"),
        ((Transposed,), "come back as"),
        ((WithoutSoftmaxKeys,), "query.weight.*never moved"),
    ],
    unforeseen=[(nn.BatchNorm2d,), (lambda channels: nn.Conv2d(channels, channels, 1),)],
    never=[
        ((FixedGamma,), "changes its input"),
        ((Convolution,), "no parameter|never moved"),
    ],
)

PROOFS = [ATTEND, COMMUTES, RIGHT_ANGLES, REDRAWN, STANDING, REVIVED]


def test_the_other_repair_passes_too():
    assert chapter12.revived(ZeroEnd)


def test_a_slope_by_autograd_and_a_loop_over_steps_pass_too():
    assert chapter12.right_angles(penalty, by_autograd)
