"""What the checks of chapter 13 have to tell apart; test_check_chapters.py proves it."""

import torch
from exercises import Proof
from torch.nn import functional as F

from gan_course.check import chapter13


def stub(*answers):
    return ...


def stats(t, axes=(2, 3), eps=1e-8):
    variance, mean = torch.var_mean(t, axes, correction=0, keepdim=True)
    return mean, (variance + eps).sqrt()


def borrowed(x, y, axes=(2, 3)):
    (mx, sx), (my, sy) = stats(x, axes), stats(y, axes)
    return (x - mx) / sx * sy + my


def by_instance_norm(x, y):
    mean, deviation = stats(y)
    return F.instance_norm(x) * deviation + mean


def normalised(x):
    mean, deviation = stats(x)
    return (x - mean) / deviation


def borrowed_without_eps(x, y):
    (mx, sx), (my, sy) = stats(x, eps=0), stats(y, eps=0)
    return (x - mx) / sx * sy + my


def by_one_less(x, y):
    (mx, sx), (my, sy) = (torch.std_mean(t, (2, 3), keepdim=True)[::-1] for t in (x, y))
    return (x - mx) / (sx + 1e-8) * sy + my


def of_first(x, y):
    return borrowed(x, y[:1].expand(len(x), -1, -1, -1))


BORROWED = Proof(
    chapter13.borrowed,
    stub=(stub,),
    solution=(borrowed,),
    wrong=[
        ((lambda x, y: x,), "x as it came"),
        ((lambda x, y: normalised(x),), "Nothing of y"),
        ((lambda x, y: borrowed(y, x),), "wrong way round|shape of x"),
        ((lambda x, y: normalised(x) * stats(y)[0] + stats(y)[1],), "swapped"),
        ((lambda x, y: normalised(x) * stats(y)[1] ** 2 + stats(y)[0],), "y's variance"),
        ((lambda x, y: x * stats(y)[1] + stats(y)[0],), "its own statistics"),
        ((lambda x, y: normalised(x) * stats(y)[1],), "mean is missing"),
        ((lambda x, y: normalised(x) + stats(y)[0],), "deviation is missing"),
        ((lambda x, y: borrowed(x, y, (0, 2, 3)),), "whole batch"),
        ((lambda x, y: borrowed(x, y, (1, 2, 3)),), "all channels"),
        ((by_one_less,), "n - 1"),
        ((borrowed_without_eps,), "not finite"),
        ((lambda x, y: borrowed(x, y.detach()),), "gradient that reaches y"),
    ],
    unforeseen=[
        (of_first,),
        (lambda x, y: borrowed(x, y) + 0.01,),
        (lambda x, y: borrowed(x.abs(), y),),
        (lambda x, y: borrowed(x, y.clamp(-3, 3)),),
    ],
    never=[
        ((of_first,), "all channels|swapped|wrong way|batch"),
        ((lambda x, y: borrowed(x, y) + 0.5,), "missing|swapped|variance"),
    ],
)


def weights(weight, s):
    styled = weight[None] * s[:, None, :, None, None]
    return styled / styled.square().sum((2, 3, 4), keepdim=True).add(1e-8).sqrt()


def by_norm(weight, s):
    styled = torch.einsum("oikl,ni->noikl", weight, s)
    return F.normalize(styled.flatten(2), dim=2).view_as(styled)


def over(styled, axes):
    return styled / styled.square().sum(axes, keepdim=True).sqrt()


def styled(weight, s):
    return weight[None] * s[:, None, :, None, None]


def variance(weight, s, v):
    return (weights(weight, s).square().sum((3, 4)) * v[:, None]).sum(2)


def plain_variance(weight, s, v):
    return (styled(weight, s).square().sum((3, 4)) * v[:, None]).sum(2)


DEMODULATED = Proof(
    chapter13.demodulated,
    stub=(stub, stub),
    solution=(weights, variance),
    wrong=[
        ((styled, variance), "not yet demodulated"),
        ((lambda w, s: over(styled(w, s), (1, 2, 3, 4)), variance), "all output channels"),
        ((lambda w, s: over(styled(w, s), (3, 4)), variance), "each channel that comes in"),
        ((lambda w, s: over(styled(w, s), (1, 3, 4)), variance), "channels that go out"),
        ((lambda w, s: over(styled(w, s), (0, 2, 3, 4)), variance), "images of the batch"),
        ((lambda w, s: weights(w, s).square() * styled(w, s).sign(), variance), "not the demod"),
        ((lambda w, s: over(w[None], (2, 3, 4)) * s[:, None, :, None, None], variance), "before"),
        ((lambda w, s: weights(w, torch.ones_like(s)), variance), "no effect on these weights"),
        (
            (lambda w, s: styled(w, s) / styled(w, s).square().sum((2, 3, 4), True), variance),
            "squared length",
        ),
        (
            (lambda w, s: weights(w, s) * w[0].numel() ** 0.5, variance),
            "\\*mean\\* square",
        ),
        (
            (lambda w, s: styled(w, s) / styled(w, s).std((2, 3, 4), keepdim=True), variance),
            "std|standard",
        ),
        ((weights, lambda w, s, v: torch.ones(len(s), len(w))), "only where every v"),
        ((weights, plain_variance), "without demodulation"),
        ((weights, lambda w, s, v: variance(w, s, v).sqrt()), "standard deviation"),
        ((weights, lambda w, s, v: v.mean(1, keepdim=True).expand(-1, len(w))), "plain mean"),
        ((weights, lambda w, s, v: variance(w, s, v.square())), "v is squared"),
        ((weights, lambda w, s, v: variance(w, s, v.sqrt())), "root of v"),
        ((weights, lambda w, s, v: variance(w, torch.ones_like(s), v)), "style has no effect"),
    ],
    unforeseen=[
        (lambda w, s: weights(w, s.abs()), variance),
        (lambda w, s: -weights(w, s), variance),
        (weights, lambda w, s, v: variance(w, s, v).mean(1, keepdim=True).expand(-1, len(w))),
        (weights, lambda w, s, v: (weights(w, s).sum((3, 4)).square() * v[:, None]).sum(2)),
    ],
    never=[
        ((lambda w, s: weights(w, s.abs()), variance), "length|no effect|images"),
        ((weights, lambda w, s, v: 2 * variance(w, s, v)), "missing|root|squared here|no effect"),
    ],
)


def crossed(ws, others, layer):
    late = torch.arange(ws.shape[1]) >= layer[:, None]
    return torch.where(late[..., None], others, ws)


def influence(synthesis, ws, others):
    before, found = synthesis(ws), []
    for i in range(ws.shape[1]):
        mixed = ws.clone()
        mixed[:, i] = others[:, i]
        found.append((synthesis(mixed) - before).square().mean())
    return torch.stack(found)


def tails(synthesis, ws, others):
    return torch.stack(
        [
            (synthesis(crossed(ws, others, torch.full((len(ws),), i))) - synthesis(ws))
            .square()
            .mean()
            for i in range(ws.shape[1])
        ]
    )


def heads_cumulated(synthesis, ws, others):
    before, found, mixed = synthesis(ws), [], ws.clone()
    for i in range(ws.shape[1]):
        mixed[:, i] = others[:, i]
        found.append((synthesis(mixed) - before).square().mean())
    return torch.stack(found)


def cut(ws, others, layer):
    late = torch.arange(ws.shape[1]) >= layer[:, None]
    return torch.where(late[..., None], others.detach(), ws)


CROSSED = Proof(
    chapter13.crossed,
    stub=(stub, stub),
    solution=(crossed, influence),
    wrong=[
        ((lambda a, b, layer: crossed(b, a, layer), influence), "wrong way round"),
        ((lambda a, b, layer: crossed(a, b, layer + 1), influence), "too late"),
        ((lambda a, b, layer: crossed(a, b, layer - 1), influence), "too early"),
        ((lambda a, b, layer: crossed(a, b, layer[:1].expand(len(a))), influence), "first one"),
        ((lambda a, b, layer: (a + b) / 2, influence), "blend"),
        ((lambda a, b, layer: a, influence), "Nothing has crossed"),
        ((cut, influence), "gradient"),
        ((crossed, tails), "from this one on"),
        ((crossed, lambda G, a, b: influence(G, b, a)), "goes back"),
        ((crossed, lambda G, a, b: influence(G, a, b).sqrt()), "root"),
        ((crossed, lambda G, a, b: influence(G, a, b) * G(a)[0].numel()), "over the pixels"),
        ((crossed, lambda G, a, b: influence(G, a, b).sum()), "one number for each layer"),
        ((crossed, lambda G, a, b: influence(G, a, b) / influence(G, a, b).sum()), "shares"),
        ((crossed, heads_cumulated), "decides alone"),
    ],
    unforeseen=[
        (lambda a, b, layer: crossed(a, b, layer.clamp(max=a.shape[1] - 1)), influence),
        (lambda a, b, layer: crossed(a, b, layer.clamp(min=1)), influence),
        (crossed, lambda G, a, b: influence(G, a[:1], b[:1])),
        (crossed, heads_cumulated),
    ],
    never=[
        ((crossed, heads_cumulated), "from this one on|back|root|summed"),
        ((crossed, lambda G, a, b: 2 * influence(G, a, b)), "summed|root|shares"),
    ],
)


def shrunk(A, mean, cov, centre, psi):
    return A @ (centre + psi * (mean - centre)), psi**2 * A @ cov @ A.T


def distance(A, mean, cov, centre, psi):
    shift = (1 - psi) * A @ (mean - centre)
    return shift @ shift + (1 - abs(psi)) ** 2 * torch.trace(A @ cov @ A.T)


def signed(A, mean, cov, centre, psi):
    shift = A @ (mean - centre)
    return (1 - psi) ** 2 * (shift @ shift + torch.trace(A @ cov @ A.T))


SHRUNK = Proof(
    chapter13.shrunk,
    stub=(stub, stub),
    solution=(shrunk, distance),
    wrong=[
        (
            (lambda A, m, S, c, p: (shrunk(A, m, S, c, p)[0], p * A @ S @ A.T), distance),
            "more than",
        ),
        (
            (lambda A, m, S, c, p: (shrunk(A, m, S, c, p)[0], A @ S @ A.T), distance),
            "no effect on this cov",
        ),
        (
            (lambda A, m, S, c, p: (shrunk(A, m, S, c, p)[0], p * p * S), distance),
            "covariance in W",
        ),
        (
            (lambda A, m, S, c, p: (A @ (p * m), p * p * A @ S @ A.T), distance),
            "centre plays no part",
        ),
        (
            (lambda A, m, S, c, p: (A @ (p * (m - c)), p * p * A @ S @ A.T), distance),
            "not added back",
        ),
        ((lambda A, m, S, c, p: (A @ m, p * p * A @ S @ A.T), distance), "psi has no effect"),
        ((lambda A, m, S, c, p: shrunk(A, m, S, c, 1 - p), distance), "wrong end"),
        ((lambda A, m, S, c, p: shrunk(A, m, S, c, p)[0], distance), "mean and a covariance"),
        ((shrunk, signed), "negative psi the root"),
        ((shrunk, lambda A, m, S, c, p: distance(A, c, S, c, p)), "means are missing"),
        ((shrunk, lambda A, m, S, c, p: distance(A, m, 0 * S, c, p)), "covariances are missing"),
        ((shrunk, lambda A, m, S, c, p: distance(A, m, S, c, p).sqrt()), "the root"),
        ((shrunk, lambda A, m, S, c, p: distance(torch.eye(len(m)).to(A), m, S, c, p)), "in W"),
        ((shrunk, lambda A, m, S, c, p: distance(A, m, S, c, abs(p))), "further apart"),
    ],
    unforeseen=[
        (shrunk, lambda A, m, S, c, p: 0.5 * distance(A, m, S, c, p)),
        (lambda A, m, S, c, p: shrunk(A, m, S.diag().diag(), c, p), distance),
        (lambda A, m, S, c, p: shrunk(A, m, S, c, max(p, 0)), distance),
        (shrunk, lambda A, m, S, c, p: distance(A, m, S, c, max(p, 0))),
    ],
    never=[
        ((shrunk, lambda A, m, S, c, p: 0.5 * distance(A, m, S, c, p)), "missing|the root\\.|in W"),
        (
            (lambda A, m, S, c, p: shrunk(A, m, S.diag().diag(), c, p), distance),
            "shrinks|no effect",
        ),
    ],
)


def mapped(ws, f):
    w, y = ws - ws.mean(0), f - f.mean(0)
    return w, y, torch.linalg.lstsq(w, y).solution, w.T @ w / len(w)


def direction(ws, f, k):
    _, _, B, S = mapped(ws, f)
    return (S @ B @ torch.linalg.inv(B.T @ S @ B))[:, k]


def by_fitted_readings(ws, f, k):
    """The same by regressing the styles on the fitted readings."""
    w, _, B, _ = mapped(ws, f)
    return torch.linalg.lstsq(w @ B, w).solution[k]


def raw(ws, f, k):
    w, y, _, _ = mapped(ws, f)
    return torch.linalg.lstsq(y, w).solution[k]


def shortest(ws, f, k):
    return torch.linalg.pinv(mapped(ws, f)[2].T)[:, k]


def own_column(ws, f, k):
    return mapped(ws, f)[2][:, k]


def alone(ws, f, k):
    _, _, B, S = mapped(ws, f)
    return S @ B[:, k] / (B[:, k] @ S @ B[:, k])


def not_centred(ws, f, k):
    B, S = torch.linalg.lstsq(ws, f).solution, ws.T @ ws / len(ws)
    return (S @ B @ torch.linalg.inv(B.T @ S @ B))[:, k]


def effects(read, ws, d):
    before = read(ws)
    return (read(ws + d) - before).mean(0) / before.std(0)


def of_mean(read, ws, d):
    m = ws.mean(0, keepdim=True)
    return (read(m + d) - read(m))[0] / read(ws).std(0, correction=0)


HOLDING = Proof(
    chapter13.holding,
    stub=(stub, stub),
    solution=(direction, effects),
    wrong=[
        ((own_column, effects), "map's own column"),
        ((lambda *a: F.normalize(own_column(*a), dim=0), effects), "of length 1"),
        ((lambda *a: own_column(*a) / own_column(*a).square().sum(), effects), "others change"),
        ((alone, effects), "for the factor alone"),
        ((shortest, effects), "shortest one"),
        ((lambda *a: -direction(*a), effects), "wrong way"),
        ((lambda *a: 2 * direction(*a), effects), "times as long"),
        ((lambda *a: F.normalize(direction(*a), dim=0), effects), "times as long"),
        ((raw, effects), "regressed the styles"),
        ((not_centred, effects), "your step changes the factors by|can be had"),
        ((lambda ws, f, k: direction(ws, f, 0), effects), "your step changes"),
        ((lambda ws, f, k: direction(ws, f, k)[None], effects), "shape"),
        ((direction, lambda read, ws, d: (read(ws + d) - read(ws)).mean(0)), "spreads are missing"),
        ((direction, lambda r, ws, d: effects(r, ws, d).abs()), "mean changes in units|absolute"),
        (
            (direction, lambda r, ws, d: (r(ws + d) - r(ws)).abs().mean(0) / r(ws).std(0)),
            "absolute",
        ),
        ((direction, lambda r, ws, d: -effects(r, ws, d)), "sign is wrong"),
        ((direction, lambda r, ws, d: effects(r, ws, d) / r(ws).std(0)), "variance"),
        ((direction, of_mean), "mean style"),
    ],
    unforeseen=[
        (lambda ws, f, k: direction(ws, f, k) + 1e-2, effects),
        (direction, lambda r, ws, d: effects(r, ws, d / 2)),
        (direction, lambda r, ws, d: effects(r, ws[:10], d)),
        (lambda ws, f, k: direction(ws[:20], f[:20], k), effects),
    ],
    never=[
        ((lambda ws, f, k: direction(ws, f, k) + 1e-2, effects), "column|shortest|wrong way|long"),
        ((direction, lambda r, ws, d: effects(r, ws, d / 2)), "variance|absolute|sign|missing"),
    ],
)


def slope(synthesis, ws, noise, create_graph=True):
    along = (synthesis(ws) * noise).sum() / noise[0, 0].numel() ** 0.5
    return torch.autograd.grad(along, ws, create_graph=create_graph)[0]


def path_lengths(synthesis, ws, noise):
    return slope(synthesis, ws, noise).square().sum(2).mean(1).sqrt()


def with_fresh_leaf(synthesis, ws, noise):
    """The same one by one, as norms."""
    rows = [slope(synthesis, w[None], y[None]) for w, y in zip(ws, noise)]
    return torch.stack([row.norm() / row.shape[1] ** 0.5 for row in rows])


def over_axes(total, mean):
    return lambda G, ws, y: slope(G, ws, y).square().sum(total).mean(mean).sqrt()


LENGTHS = Proof(
    chapter13.path_lengths,
    stub=(stub,),
    solution=(path_lengths,),
    wrong=[
        ((over_axes(2, 0),), "number for each of"),
        (
            (lambda G, ws, y: path_lengths(G, ws, y).square().mean().sqrt().expand(len(ws)),),
            "same length",
        ),
        ((lambda G, ws, y: path_lengths(G, ws, y).square(),), "squared length"),
        ((lambda G, ws, y: slope(G, ws, y).flatten(1).norm(dim=1),), "summed over the layers"),
        ((lambda G, ws, y: slope(G, ws, y).square().mean((1, 2)).sqrt(),), "mean over the numbers"),
        ((lambda G, ws, y: slope(G, ws, y).square().mean(2).sum(1).sqrt(),), "swapped"),
        ((lambda G, ws, y: slope(G, ws, y).norm(dim=2).mean(1),), "root comes too early"),
        ((lambda G, ws, y: path_lengths(G, ws, y * y[0, 0].numel() ** 0.5),), "not scaled"),
        ((lambda G, ws, y: path_lengths(G, ws, y / y.shape[1] ** 0.5),), "colours count"),
        ((lambda G, ws, y: path_lengths(G, ws, y / len(y)),), "mean over the images before"),
        ((lambda G, ws, y: slope(G, ws, y, False).square().sum(2).mean(1).sqrt(),), "cut off"),
        ((lambda G, ws, y: path_lengths(G, ws, y).detach(),), "cut off"),
    ],
    unforeseen=[
        (lambda G, ws, y: path_lengths(G, ws, y.abs()),),
        (lambda G, ws, y: path_lengths(G, ws, torch.ones_like(y)),),
        (lambda G, ws, y: path_lengths(G, ws, y).flip(0),),
        (lambda G, ws, y: slope(G, ws, y).square().sum(2).amax(1).sqrt(),),
    ],
    never=[
        (
            (lambda G, ws, y: path_lengths(G, ws, y.abs()),),
            "a number for each of|not scaled|colours|comes too early",
        ),
        (
            (lambda G, ws, y: path_lengths(G, ws, y).flip(0),),
            "a number for each of|same length|not scaled",
        ),
    ],
)


PROOFS = [BORROWED, DEMODULATED, CROSSED, SHRUNK, HOLDING, LENGTHS]


def test_other_ways_to_the_right_answer_pass():
    assert chapter13.borrowed(by_instance_norm)
    assert chapter13.demodulated(by_norm, variance)
    assert chapter13.holding(by_fitted_readings, effects)
    assert chapter13.path_lengths(with_fresh_leaf)
