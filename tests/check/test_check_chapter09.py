"""What the checks of chapter 9 have to tell apart; test_check_chapters.py proves it."""

import itertools
import math
from functools import reduce

import numpy as np
import torch
from exercises import Proof
from torch.nn.functional import pad, softplus

from gan_course.check import chapter09


def stub(*answers): ...


# --- 1: smoothing ---


def smoothed(real, fake, alpha):
    on_real = alpha * softplus(-real) + (1 - alpha) * softplus(real)
    return on_real.mean() + softplus(fake).mean()


def smoothed_on_both_sides(real, fake, alpha):
    on_fake = alpha * softplus(fake) + (1 - alpha) * softplus(-fake)
    return smoothed(real, fake, alpha) - softplus(fake).mean() + on_fake.mean()


def weighed(real, fake, alpha):
    return alpha * softplus(-real).mean() + softplus(fake).mean()


def by_probabilities(real, fake, alpha):
    s, t = real.sigmoid(), fake.sigmoid()
    right = alpha * (s + 1e-8).log() + (1 - alpha) * (1 - s + 1e-8).log()
    return -right.mean() - (1 - t + 1e-8).log().mean()


def with_flat_ends(real, fake, alpha):
    """The right value everywhere, but no slope where a logit is extreme."""
    real, fake = (torch.where(a.abs() > 50, a.detach(), a) for a in (real, fake))
    return smoothed(real, fake, alpha)


def at_rest(alpha):
    s = alpha / 2
    return math.log(s / (1 - s)), -alpha * math.log(s) - (2 - alpha) * math.log(1 - s)


def without_fakes(alpha):
    return math.log(alpha / max(1 - alpha, 1e-9)), at_rest(alpha)[1]


def for_nine_tenths(alpha):
    return at_rest(0.9)


SMOOTHED = Proof(
    chapter09.smoothed,
    stub=(stub, stub),
    solution=(smoothed, at_rest),
    wrong=[
        ((smoothed_on_both_sides, at_rest), "Your fakes have the target"),
        ((weighed, at_rest), "only weigh less"),
        ((lambda r, f, a: smoothed(r, f, 1), at_rest), "alpha has no effect"),
        ((lambda r, f, a: smoothed(r, f, 1 - a), at_rest), "the target 1 - alpha"),
        ((lambda r, f, a: smoothed(r, f, a) / 2, at_rest), "half of the loss"),
        ((lambda r, f, a: -smoothed(r, f, a), at_rest), "negative"),
        ((by_probabilities, at_rest), "logits are huge"),
        ((lambda r, f, a: smoothed(r.clamp(-50, 50), f, a), at_rest), "logits are huge"),
        ((with_flat_ends, at_rest), "slope is not"),
        ((smoothed, lambda a: (a / 2, at_rest(a)[1])), "This is the probability"),
        ((smoothed, lambda a: (-at_rest(a)[0], at_rest(a)[1])), "sign is wrong"),
        ((smoothed, lambda a: (0.0, 2 * math.log(2))), "A plain D"),
        ((smoothed, without_fakes), "real samples only"),
        ((smoothed, lambda a: (at_rest(a)[0], 2 * math.log(2))), "at the logit 0"),
        ((smoothed, lambda a: (at_rest(a)[0], at_rest(a)[1] / 2)), "half of it"),
        (
            (smoothed, lambda a: (at_rest(a)[0], -math.log(a / 2) - math.log(1 - a / 2))),
            "without smoothing",
        ),
        ((smoothed, lambda a: at_rest(a)[0]), "two numbers"),
        ((smoothed, for_nine_tenths), "for alpha = 0.7"),
    ],
    unforeseen=[
        (lambda r, f, a: (r - a).square().mean() + f.square().mean(), at_rest),
        (smoothed, lambda a: (a - 1, at_rest(a)[1])),
        (lambda r, f, a: smoothed(r[: len(f)], f, a), at_rest),
    ],
    never=[
        ((weighed, at_rest), "fakes have|no effect"),
        ((by_probabilities, at_rest), "weigh less|slope"),
        ((smoothed, for_nine_tenths), "sign|plain|probability"),
        ((with_flat_ends, at_rest), "cross entropy with"),
    ],
)


# --- 2: packs ---


def packed_distance(p, q, m):
    rows = [reduce(np.multiply.outer, [d] * m) for d in (p, q)]
    return np.abs(rows[0] - rows[1]).sum() / 2


def by_listing(p, q, m):
    total = 0.0
    for row in itertools.product(range(len(p)), repeat=m):
        row = list(row)
        total += abs(np.prod(p[row]) - np.prod(q[row]))
    return total / 2


def single(p, q, m):
    return np.abs(p - q).sum() / 2


def rescaled(p, q, m):
    a, b = p**m, q**m
    return single(a / a.sum(), b / b.sum(), 1)


def pairs_only(p, q, m):
    return packed_distance(p, q, min(m, 2))


PACKS = Proof(
    chapter09.packs,
    stub=(stub,),
    solution=(packed_distance,),
    wrong=[
        ((single,), "single samples"),
        ((lambda p, q, m: m * single(p, q, m),), "without end"),
        ((lambda p, q, m: single(p, q, m) ** m,), "falls with m"),
        ((lambda p, q, m: 1 - (1 - single(p, q, m)) ** m,), "only where q is p"),
        ((lambda p, q, m: single(p**m, q**m, m),), "m equal samples only"),
        ((rescaled,), "packs of m equal samples"),
        ((lambda p, q, m: 2 * packed_distance(p, q, m),), "half is missing"),
        ((lambda p, q, m: single(p, q, m) + np.zeros(3),), "Return one number"),
    ],
    unforeseen=[(pairs_only,), (lambda p, q, m: 1 - math.exp(-m * single(p, q, m)),)],
    never=[
        ((pairs_only,), "half|equal samples"),
        ((lambda p, q, m: 1 - (1 - single(p, q, m)) ** m,), "single samples|half|without end"),
        ((lambda p, q, m: 2 * packed_distance(p, q, m),), "falls|single|without some"),
    ],
)


# --- 3: the deviation of a batch ---


def appended(h, number):
    return torch.cat([h, number.expand(len(h), 1, *h.shape[2:])], 1)


def with_deviation(h):
    return appended(h, (h.var(0, unbiased=False) + 1e-8).sqrt().mean())


def without_care(h):
    return appended(h, h.var(0, unbiased=False).sqrt().mean())


def by_torch(h):
    return appended(h, h.std(0, unbiased=False).mean())


def for_each_feature(h):
    return torch.cat([h, (h.var(0, unbiased=False, keepdim=True) + 1e-8).sqrt().expand_as(h)], 1)


def around_zero(h):
    return appended(h, (h.square().mean(0) + 1e-8).sqrt().mean())


def with_own_map(h):
    """One number for each place of the picture, not one for all."""
    if h.dim() == 2:
        return with_deviation(h)
    spread = (h.var(0, unbiased=False) + 1e-8).sqrt().mean(0)
    return torch.cat([h, spread.expand(len(h), 1, *h.shape[2:])], 1)


DEVIATION = Proof(
    chapter09.deviation,
    stub=(stub,),
    solution=(with_deviation,),
    wrong=[
        ((lambda h: appended(h, h.std(0).mean()),), "N - 1"),
        ((lambda h: appended(h, h.var(0, unbiased=False).mean()),), "variances"),
        ((lambda h: appended(h, h.var(0, unbiased=False).mean().sqrt()),), "before the root"),
        ((lambda h: appended(h, h.std(unbiased=False)),), "into one deviation"),
        (
            (lambda h: appended(h, h.flatten(1).std(1, unbiased=False).mean()),),
            "differ inside a sample",
        ),
        ((lambda h: appended(h, h.std(0, unbiased=False).sum()),), "summed over the features"),
        ((lambda h: appended(h.detach(), with_deviation(h.detach())[0, -1]),), "No gradient"),
        ((lambda h: appended(h, with_deviation(h.detach())[0, -1].flatten()[0]),), "its slope"),
        ((without_care,), "not finite"),
        ((for_each_feature,), "should come, and yours is"),
        ((with_own_map,), "same number everywhere"),
        ((lambda h: with_deviation(h).flip(1),), "stay as they are"),
        (
            (lambda h: appended(h, (h.var(0, unbiased=False) + 0.01).sqrt().mean()),),
            "added inside the root",
        ),
        (
            (lambda h: appended(h, (h.var(0, unbiased=False) + 1e-5).sqrt().mean()),),
            "added inside the root",
        ),
    ],
    unforeseen=[
        (around_zero,),
        (lambda h: appended(h, h.abs().mean()),),
        (lambda h: appended(h, with_deviation(h[:4])[0, -1].flatten()[0]),),
    ],
    never=[
        ((without_care,), "N - 1|variances|not the mean"),
        ((with_own_map,), "N - 1|variances|slope"),
        ((around_zero,), "N - 1|variances|summed|cut"),
    ],
)


def test_torchs_own_deviation_is_a_right_answer():
    """Its slope at equal samples is 0: torch masks the root's infinite one."""
    assert chapter09.deviation(by_torch)


# --- 4: a translation ---


def translation(x, down, right):
    n, _, height, width = x.shape
    rows = torch.arange(height) - down[:, None]  # [N, H]
    columns = torch.arange(width) - right[:, None]  # [N, W]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None, :
    ]
    rows, columns = rows.clamp(0, height - 1), columns.clamp(0, width - 1)
    picked = x[torch.arange(n)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
    return picked.permute(0, 3, 1, 2) * inside[:, None]


def by_padding(x, down, right):
    most = 9
    wide = pad(x, (most, most, most, most))
    return torch.stack(
        [
            one[:, most - dy : most - dy + x.shape[2], most - dx : most - dx + x.shape[3]]
            for one, dy, dx in zip(wide, down.tolist(), right.tolist(), strict=True)
        ]
    )


def rolled(x, down, right):
    return torch.stack(
        [one.roll((int(dy), int(dx)), (1, 2)) for one, dy, dx in zip(x, down, right, strict=True)]
    )


def with_the_edge_repeated(x, down, right):
    rows = (torch.arange(x.shape[2]) - down[:, None]).clamp(0, x.shape[2] - 1)
    columns = (torch.arange(x.shape[3]) - right[:, None]).clamp(0, x.shape[3] - 1)
    n = torch.arange(len(x))[:, None, None]
    return x[n, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


TRANSLATION = Proof(
    chapter09.translation,
    stub=(stub,),
    solution=(translation,),
    wrong=[
        ((rolled,), "comes in on the other"),
        ((lambda x, down, right: translation(x, -down, -right),), "the other way"),
        ((lambda x, down, right: translation(x, right, down),), "exchanged"),
        ((lambda x, down, right: translation(x, -down, right),), "Down is up"),
        ((lambda x, down, right: translation(x, down, -right),), "Right is left"),
        (
            (
                lambda x, down, right: translation(
                    x, down[:1].repeat(len(x)), right[:1].repeat(len(x))
                ),
            ),
            "like the first one",
        ),
        ((lambda x, down, right: translation(x.detach(), down, right) + 0 * x,), "not the slope"),
        ((lambda x, down, right: translation(x.detach(), down, right),), "No gradient"),
        ((with_the_edge_repeated,), "These are not the pictures"),
        ((lambda x, down, right: translation(x, down, right) + 1,), "A shift of 0"),
    ],
    unforeseen=[
        (lambda x, down, right: x,),
        (lambda x, down, right: translation(x, down.clamp(-2, 2), right.clamp(-2, 2)),),
        (lambda x, down, right: translation(x, down, 0 * right),),
    ],
    never=[
        ((rolled,), "other way|exchanged|slope"),
        ((with_the_edge_repeated,), "on the other|exchanged|Down|Right"),
        (
            (lambda x, down, right: translation(x, right, down),),
            "Down is up|Right is left|first one",
        ),
    ],
)


def test_padding_and_cutting_is_a_right_answer():
    assert chapter09.translation(by_padding)


# --- 5: the bug clinic ---


def d_loss(D, T, real, fake):
    return softplus(-D(T(real))).mean() + softplus(D(T(fake))).mean()


def g_loss(D, T, fake):
    return softplus(-D(T(fake))).mean()


def colleagues_d(D, T, real, fake):
    return softplus(-D(T(real))).mean() + softplus(D(fake)).mean()


def colleagues_g(D, T, fake):
    return softplus(-D(fake)).mean()


AUGMENTED = Proof(
    chapter09.augmented,
    stub=(..., ...),
    solution=(d_loss, g_loss),
    wrong=[
        ((colleagues_d, colleagues_g), "D still sees"),
        ((d_loss, colleagues_g), "of which it has seen none"),
        ((colleagues_d, g_loss), "D still sees"),
        ((lambda D, T, x, y: d_loss(D, lambda a: a, x, y), colleagues_g), "does not use T now"),
        ((lambda D, T, x, y: d_loss(D, T, T(x), y), g_loss), "real samples are changed twice"),
        ((lambda D, T, x, y: d_loss(D, T, x, T(y)), g_loss), "fakes are changed twice"),
        ((lambda D, T, x, y: colleagues_d(D, T, y, x), g_loss), "not the usual"),
        ((d_loss, lambda D, T, y: -softplus(D(T(y))).mean()), "saturating"),
        ((d_loss, lambda D, T, y: softplus(D(T(y))).mean()), "D minimises on fakes"),
        ((d_loss, lambda D, T, y: g_loss(D, T, y.detach())), "does not pass through T"),
        ((d_loss, lambda D, T, y: g_loss(D, lambda a: y + (T(a) - y).detach(), y)), "not pass"),
    ],
    unforeseen=[
        (lambda D, T, x, y: d_loss(D, T, x, y) / 2, g_loss),
        (d_loss, lambda D, T, y: g_loss(D, T, y[:6])),
        (d_loss, lambda D, T, y: -D(T(y)).mean()),
    ],
    never=[
        ((d_loss, colleagues_g), "D still sees|saturating"),
        ((colleagues_d, g_loss), "In G's move"),
        ((lambda D, T, x, y: d_loss(D, T, x, y) / 2, g_loss), "twice|D still sees|does not use"),
    ],
)


# --- 6: unrolling ---


def unrolled(value, theta, psi, steps, rate, through=True, sign=1):
    theta, psi = theta.detach().requires_grad_(), psi.detach().requires_grad_()
    for _ in range(steps):
        (slope,) = torch.autograd.grad(value(theta, psi), psi, create_graph=True)
        psi = psi + sign * rate * slope
        psi = psi if through else psi.detach().requires_grad_()
    return torch.autograd.grad(value(theta, psi), theta)[0]


def from_one_place(value, theta, psi, steps, rate):
    return unrolled(value, theta, psi, min(steps, 1), steps * rate)


def truncated(value, theta, psi, steps, rate):
    """Feels only the last of D's steps."""
    last = psi.detach().requires_grad_()
    for _ in range(max(steps - 1, 0)):
        (slope,) = torch.autograd.grad(value(theta.detach(), last), last)
        last = (last + rate * slope).detach().requires_grad_()
    return unrolled(value, theta, last, min(steps, 1), rate)


UNROLLED = Proof(
    chapter09.unrolled,
    stub=(stub,),
    solution=(unrolled,),
    wrong=[
        ((lambda *args: unrolled(*args, through=False),), "G does not feel"),
        ((lambda v, t, p, k, h: unrolled(v, t, p, 0, h),), "does not move at all"),
        ((lambda *args: unrolled(*args, sign=-1),), "downhill"),
        ((from_one_place,), "from the same place"),
        ((lambda v, t, p, k, h: unrolled(v, t, p, 1, h),), "Only one step"),
        ((lambda v, t, p, k, h: unrolled(v, t, p, k + 1, h),), "One step too many"),
        ((lambda *args: -unrolled(*args),), "minus the slope"),
        ((lambda v, t, p, k, h: t - h * unrolled(v, t, p, k, h),), "G's next place"),
        ((lambda *args: unrolled(*args)[None],), "has its shape"),
    ],
    unforeseen=[
        (truncated,),
        (lambda v, t, p, k, h: unrolled(v, t, p, k, h / 2),),
        (lambda v, t, p, k, h: unrolled(v, t, p, k, h) + unrolled(v, t, p, 0, h),),
    ],
    never=[
        ((lambda *args: unrolled(*args, through=False),), "downhill|same place|at all"),
        ((from_one_place,), "does not feel|Only one"),
        ((truncated,), "downhill|same place|at all|too many|Only one"),
    ],
)

PROOFS = [SMOOTHED, PACKS, DEVIATION, TRANSLATION, AUGMENTED, UNROLLED]
