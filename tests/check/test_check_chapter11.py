"""What the checks of chapter 11 have to tell apart; test_check_chapters.py proves it."""

import math

import torch
from exercises import Proof
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, linear, max_pool2d

from gan_course.check import chapter11


def stub(*answers): ...


# --- 1: fading in ---


def up(x):
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def faded(old, new, alpha):
    return (1 - alpha) * up(old) + alpha * new


def faded_real(x, alpha):
    return faded(avg_pool2d(x, 2), x, alpha)


def smooth(old, new, alpha):
    return (1 - alpha) * interpolate(old, scale_factor=2, mode="bilinear") + alpha * new


def tiled(old, new, alpha):
    return (1 - alpha) * old.repeat(1, 1, 2, 2) + alpha * new


def never_gone(old, new, alpha):
    """Leaves a little of both sizes at the ends."""
    return faded(old, new, 0.001 + 0.998 * alpha)


def detached(old, new, alpha):
    return (1 - alpha) * up(old).detach() + alpha * new


def squared(old, new, alpha):
    return (1 - alpha**2) * up(old) + alpha**2 * new


def ready_at(middle):
    """A fade that is right up to a place, and switches there."""
    return lambda old, new, alpha: faded(old, new, alpha if alpha < middle else 1.0)


FADE = Proof(
    chapter11.fade_in,
    stub=(stub, stub),
    solution=(faded, faded_real),
    wrong=[
        ((lambda old, new, alpha: faded(old, new, 1 - alpha), faded_real), "alpha weighs the old"),
        ((smooth, faded_real), "smoothed on their way"),
        ((tiled, faded_real), "four times beside itself"),
        (
            (lambda o, n, a: (1 - a) * o + a * avg_pool2d(n, 2), faded_real),
            "size of the old images",
        ),
        ((lambda old, new, alpha: up(old), faded_real), "Only the old images"),
        ((lambda old, new, alpha: new, faded_real), "Only the new images"),
        ((lambda old, new, alpha: up(old) + alpha * new, faded_real), "keep their full weight"),
        ((lambda old, new, alpha: up(old) + new, faded_real), "alpha has no effect"),
        ((detached, faded_real), "a slope is not"),
        ((faded, lambda x, alpha: x), "stay as they are"),
        ((faded, lambda x, alpha: faded_real(x, 1 - alpha)), "weighs the old size"),
        ((faded, lambda x, alpha: faded(x[..., ::2, ::2], x, alpha)), "one pixel of four"),
        ((faded, lambda x, alpha: faded(max_pool2d(x, 2), x, alpha)), "the largest of four"),
        ((faded, lambda x, alpha: smooth(avg_pool2d(x, 2), x, alpha)), "is smoothed"),
        ((faded, lambda x, alpha: up(avg_pool2d(x, 2))), "Only the old size"),
        ((faded, lambda x, alpha: avg_pool2d(x, 2)), "half the size"),
    ],
    unforeseen=[
        (squared, faded_real),
        (never_gone, faded_real),
        (ready_at(0.6), faded_real),
        (faded, lambda x, alpha: faded_real(x, alpha**2)),
        (faded, lambda x, alpha: never_gone(avg_pool2d(x, 2), x, alpha)),
    ],
    never=[
        ((squared, faded_real), "weighs the old|Only|no effect|smoothed"),
        ((never_gone, faded_real), "weighs the old|Only|no effect|smoothed"),
        ((detached, faded_real), "Only|no effect|smoothed"),
        ((faded, lambda x, alpha: faded_real(x, alpha**2)), "stay as|weighs|Only|one pixel"),
    ],
)


# --- 2: steps on v, seen in w ---


def sgd_step(w, slope, c, h):
    return w - c * c * h * slope


def adam_step(w, slope, c, h, eps):
    return w - c * h * c * slope / ((c * slope).abs() + eps)


def adam_like(length, smallest):
    """An answer whose step has another length or another eps."""

    def step(w, slope, c, h, eps):
        return w - length(c, h) * slope / (slope.abs() + smallest(c, eps))

    return step


def by_autograd(w, slope, c, h):
    v = (w / c).clone().requires_grad_()
    ((c * v) * slope).sum().backward()
    return (c * (v - h * v.grad)).detach()


EQUAL = Proof(
    chapter11.equal_steps,
    stub=(stub, stub),
    solution=(sgd_step, adam_step),
    wrong=[
        ((lambda w, s, c, h: w - h * s, adam_step), "step on w itself"),
        ((lambda w, s, c, h: w - c * h * s, adam_step), "One factor c is missing"),
        ((lambda w, s, c, h: w - h * s / c**2, adam_step), "c should multiply"),
        ((lambda w, s, c, h: w - h * s / c, adam_step), "c should multiply"),
        ((lambda w, s, c, h: w / c - c * h * s, adam_step), "the new v"),
        ((lambda w, s, c, h: w + c * c * h * s, adam_step), "goes up"),
        ((lambda w, s, c, h: -c * c * h * s, adam_step), "step without w"),
        ((lambda w, s, c, h: w - c**4 * h * s, adam_step), "too often"),
        ((sgd_step, adam_like(lambda c, h: h, lambda c, eps: eps)), "step on w itself"),
        ((sgd_step, adam_like(lambda c, h: c * h, lambda c, eps: eps)), "eps is added"),
        ((sgd_step, lambda w, s, c, h, eps: w - c * h * s.sign()), "eps has no effect"),
        ((sgd_step, adam_like(lambda c, h: c * c * h, lambda c, eps: eps / c)), "c comes in twice"),
        ((sgd_step, adam_like(lambda c, h: h, lambda c, eps: eps / c)), "What does it do to w"),
        ((sgd_step, lambda w, s, c, h, e: 2 * w - adam_step(w, s, c, h, e)), "goes up"),
        ((sgd_step, lambda w, s, c, h, e: adam_step(w, s, c, h, e) / c), "new v|Adam's first step"),
        ((sgd_step, lambda w, s, c, h, e: sgd_step(w, s, c, h)), "SGD's step"),
    ],
    unforeseen=[
        (lambda w, s, c, h: w - c**2 * h * s.sign(), adam_step),
        (lambda w, s, c, h: w - c**2 * h * s.clamp(-2, 2), adam_step),
        (sgd_step, adam_like(lambda c, h: c * h, lambda c, eps: eps * c)),
        (sgd_step, lambda w, s, c, h, e: w - c * h * s / (s.abs().mean() + e / c)),
        (sgd_step, adam_like(lambda c, h: c * h, lambda c, eps: eps / c + 1e-7)),
    ],
    never=[
        ((lambda w, s, c, h: w - c**2 * h * s.sign(), adam_step), "itself|missing|goes up"),
        (
            (sgd_step, adam_like(lambda c, h: c * h, lambda c, eps: eps * c)),
            "itself|no effect|twice|SGD|eps is added",
        ),
    ],
)


def test_both_ways_of_writing_the_step_pass():
    assert chapter11.equal_steps(by_autograd, adam_step)
    rounded = lambda w, s, c, h, eps: w - c * h * s / (s.abs() + eps / c)  # noqa: E731
    assert chapter11.equal_steps(sgd_step, rounded)


# --- 3: pixel norm ---


def pixel_norm(h):
    return h / (h.square().mean(1, keepdim=True) + 1e-8).sqrt()


def jacobian(h):
    r = (h.square().mean() + 1e-8).sqrt()
    n = h / r
    return (torch.eye(len(h), dtype=h.dtype) - torch.outer(n, n) / len(h)) / r


def by_functional(h):
    return torch.autograd.functional.jacobian(lambda x: pixel_norm(x[None])[0], h)


def around_the_mean(h):
    away = h - h.mean(1, keepdim=True)
    return away / (h.var(1, keepdim=True, correction=0) + 1e-8).sqrt()


def with_eps(eps):
    return lambda h: h / (h.square().mean(1, keepdim=True) + eps).sqrt()


def outside(h):
    return h / (h.square().mean(1, keepdim=True).sqrt() + 1e-8)


def of_constant_root(h):
    """Right in value, but with the slope of a division by a constant."""
    return h / (h.square().mean(1, keepdim=True) + 1e-8).sqrt().detach()


def jacobian_like(change):
    """The Jacobian, made of r, n, I and C in another way."""

    def answer(h):
        r = (h.square().mean() + 1e-8).sqrt()
        n = h / r
        return change(r, torch.outer(n, n), torch.eye(len(h), dtype=h.dtype), len(h))

    return answer


PIXEL = Proof(
    chapter11.pixel_norm,
    stub=(stub, stub),
    solution=(pixel_norm, jacobian),
    wrong=[
        ((lambda h: h / h.norm(dim=1, keepdim=True), jacobian), "has the length 1"),
        ((lambda h: h / (h.square().mean(1, keepdim=True) + 1e-8), jacobian), "root is missing"),
        ((around_the_mean, jacobian), "take the mean away"),
        (
            (lambda h: h / (h.var(1, keepdim=True, correction=0) + 1e-8).sqrt(), jacobian),
            "standard deviation",
        ),
        ((lambda h: h / (h.square().mean(0) + 1e-8).sqrt(), jacobian), "over the batch"),
        (
            (
                lambda h: (
                    h / (h.square().mean(tuple(range(1, h.dim())), keepdim=True) + 1e-8).sqrt()
                ),
                jacobian,
            ),
            "over the whole image|pixel norm of",
        ),
        ((with_eps(0.0), jacobian), "features are of the size 0"),
        ((outside, jacobian), "features are of the size"),
        ((with_eps(1e-6), jacobian), "features are of the size"),
        ((of_constant_root, jacobian), "not its slope"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: i / r)), "r for a constant"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: (i - o) / r)), "1 / C is missing"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: i - o / c)), "1 / r is missing"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: (i - o / c) / r**2)), "too many"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: (i + o / c) / r)), "wrong sign"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: o / c / r)), "part along the pixel"),
        ((pixel_norm, jacobian_like(lambda r, o, i, c: (i - i * o / c) / r)), "Off the diagonal"),
        ((pixel_norm, lambda h: jacobian(h)[0]), "has the shape"),
    ],
    unforeseen=[
        (lambda h: torch.tanh(pixel_norm(h)), jacobian),
        (lambda h: pixel_norm(h).clamp(-1, 1), jacobian),
        (pixel_norm, jacobian_like(lambda r, o, i, c: (i - 2 * o / c) / r)),
        (pixel_norm, lambda h: jacobian(h) * (1 + 1e-3)),
    ],
    never=[
        (
            (lambda h: torch.tanh(pixel_norm(h)), jacobian),
            "length 1|the mean away|over the batch|missing",
        ),
        (
            (pixel_norm, jacobian_like(lambda r, o, i, c: (i - 2 * o / c) / r)),
            "constant|missing|too many|sign|diagonal",
        ),
        ((of_constant_root, jacobian), "goes wrong where"),
    ],
)


def test_a_jacobian_by_autograd_passes():
    assert chapter11.pixel_norm(pixel_norm, by_functional)


# --- 4: second moments ---


def second_moment(gain, slope, layers):
    return (gain**2 * (1 + slope**2) / 2) ** layers


def keeping_gain(slope):
    return math.sqrt(2 / (1 + slope**2))


def powers(factor):
    return lambda gain, slope, layers: factor(gain, slope) ** layers


def variance(gain, slope):
    """One layer's factor if the mean that a leaky ReLU leaves is taken off."""
    return gain**2 * ((1 + slope**2) / 2 - (1 - slope) ** 2 / (2 * math.pi))


MOMENT = Proof(
    chapter11.second_moment,
    stub=(stub, stub),
    solution=(second_moment, keeping_gain),
    wrong=[
        ((powers(lambda g, s: g**2), keeping_gain), "activation is missing"),
        ((powers(lambda g, s: (1 + s**2) / 2), keeping_gain), "gain has no effect"),
        ((powers(lambda g, s: g**2 / 2), keeping_gain), "counts for nothing"),
        ((powers(lambda g, s: g**2 * (1 + s) / 2), keeping_gain), "slope should be squared"),
        ((powers(lambda g, s: g * (1 + s**2) / 2), keeping_gain), "gain should be squared"),
        ((lambda g, s, n: second_moment(g, s, n) ** 0.5, keeping_gain), "its root"),
        ((lambda g, s, n: second_moment(g, s, 1), keeping_gain), "one layer's factor"),
        ((lambda g, s, n: n * second_moment(g, s, 1), keeping_gain), "multiply"),
        ((powers(variance), keeping_gain), "follows the variance"),
        ((powers(lambda g, s: g**2 * (1 + s**2)), keeping_gain), "half is missing"),
        ((lambda g, s, n: second_moment(g, s, n + 1), keeping_gain), "one layer too many"),
        ((lambda g, s, n: [second_moment(g, s, k) for k in range(n)], keeping_gain), "one number"),
        ((second_moment, lambda s: math.sqrt(2)), "right for a slope of 0"),
        ((second_moment, lambda s: keeping_gain(s) ** 2), "its square"),
        ((second_moment, lambda s: 1 / keeping_gain(s)), "upside down"),
        ((second_moment, lambda s: math.sqrt(2 / (1 + s))), "slope should be squared"),
        ((second_moment, lambda s: 1.0), "the activation shrinks"),
    ],
    unforeseen=[
        (powers(lambda g, s: g**2 * (1 + s**4) / 2), keeping_gain),
        (lambda g, s, n: second_moment(g, s, min(n, 4)), keeping_gain),
        (second_moment, lambda s: math.sqrt(2) - s),
        (lambda g, s, n: math.exp(n * (g**2 * (1 + s**2) / 2 - 1)), keeping_gain),
    ],
    never=[
        (
            (powers(lambda g, s: g**2 * (1 + s**4) / 2), keeping_gain),
            "missing|no effect|nothing|gain should|root|multiply",
        ),
        ((second_moment, lambda s: math.sqrt(2) - s), "its square|upside|slope should"),
    ],
)


# --- 5: the budget ---


def stage_costs(widths):
    work = [9 * widths[0] ** 2 * 16]
    for k in range(1, len(widths)):
        before, after = widths[k - 1], widths[k]
        work.append(9 * (before * after + after * after) * (4 * 2**k) ** 2)
    return torch.tensor(work, dtype=torch.float64).cumsum(0)


def work_like(change):
    """The work of each stage, counted in another way: change(before, after, side)."""

    def answer(widths):
        rows = [9.0 * widths[0] ** 2 * 16]
        rows += [change(widths[k - 1], widths[k], 4 * 2**k) * 1.0 for k in range(1, len(widths))]
        return torch.tensor(rows, dtype=torch.float64).cumsum(0)

    return answer


def only_own(widths):
    cumulative = stage_costs(widths)
    return torch.cat([cumulative[:1], cumulative.diff()])


def from_the_top(widths):
    return only_own(widths).flip(0).cumsum(0).flip(0)


def speedup(costs, images):
    return images.sum() * costs[-1] / (images * costs).sum()


def most_at_last(costs, before, factor):
    saved = before.sum() * costs[-1] - factor * (before * costs[:-1]).sum()
    return max(0.0, (saved / ((factor - 1) * costs[-1])).item())


def negative(costs, before, factor):
    saved = before.sum() * costs[-1] - factor * (before * costs[:-1]).sum()
    return saved / ((factor - 1) * costs[-1])


def one_side(costs, before, factor):
    saved = before.sum() * costs[-1] - factor * (before * costs[:-1]).sum()
    return (saved / (factor * costs[-1])).clamp(min=0)


def without_own_map(widths):
    """Counts pixels as if every stage had the size of the last."""
    side = 4 * 2 ** (len(widths) - 1)
    return work_like(lambda a, b, s: 9 * (a * b + b * b) * side**2)(widths)


BUDGET = Proof(
    chapter11.budget,
    stub=(stub, stub, stub),
    solution=(stage_costs, speedup, most_at_last),
    wrong=[
        ((only_own, speedup, most_at_last), "what each stage adds"),
        ((lambda w: stage_costs(w) / 9, speedup, most_at_last), "9 is missing"),
        (
            (
                lambda w: (
                    only_own(w) / torch.tensor([(4 << k) ** 2 for k in range(len(w))])
                ).cumsum(0),
                speedup,
                most_at_last,
            ),
            "pixels are missing",
        ),
        (
            (
                lambda w: (only_own(w) / torch.tensor([4 << k for k in range(len(w))])).cumsum(0),
                speedup,
                most_at_last,
            ),
            "side is not squared",
        ),
        ((work_like(lambda a, b, s: 9 * a * b * s * s), speedup, most_at_last), "two convolutions"),
        ((work_like(lambda a, b, s: 18 * b * b * s * s), speedup, most_at_last), "width before"),
        ((from_the_top, speedup, most_at_last), "adds from the top"),
        ((lambda w: stage_costs(w)[-1], speedup, most_at_last), "numbers should come"),
        ((stage_costs, lambda c, n: 1 / speedup(c, n), most_at_last), "upside down"),
        ((stage_costs, lambda c, n: c[-1] / c.mean(), most_at_last), "how many images"),
        (
            (stage_costs, lambda c, n: n.sum() * c[-1] - (n * c).sum(), most_at_last),
            "the difference",
        ),
        ((stage_costs, lambda c, n: 1 - 1 / speedup(c, n), most_at_last), "share that is saved"),
        ((stage_costs, speedup, one_side), "on one side only"),
        ((stage_costs, speedup, negative), "You return -"),
        (
            (stage_costs, speedup, lambda c, b, f: most_at_last(c, b, f) + b.sum()),
            "images in all",
        ),
    ],
    unforeseen=[
        (without_own_map, speedup, most_at_last),
        (work_like(lambda a, b, s: 9 * (a * b + a * b) * s * s), speedup, most_at_last),
        (stage_costs, lambda c, n: n[-1] * c[-1] / (n * c).sum(), most_at_last),
        (stage_costs, speedup, lambda c, b, f: 2 * most_at_last(c, b, f)),
        (stage_costs, speedup, lambda c, b, f: most_at_last(c, b, max(f, 2.0))),
    ],
    never=[
        ((without_own_map, speedup, most_at_last), "9 is|what each|width before|two conv"),
        (
            (stage_costs, lambda c, n: n[-1] * c[-1] / (n * c).sum(), most_at_last),
            "upside|how many|difference|share",
        ),
        (
            (stage_costs, speedup, lambda c, b, f: 2 * most_at_last(c, b, f)),
            "one side|in all|return 0",
        ),
    ],
)


# --- 6: the bug clinic ---


class EqualLinear(nn.Module):
    """The right answer; the others below are of it."""

    def __init__(self, inputs, outputs, gain):
        super().__init__()
        self.c = gain / inputs**0.5
        self.v = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return linear(x, self.c * self.v, self.bias)


class Waiting(nn.Module):
    """The stub: its forward is open."""

    def __init__(self, inputs, outputs, gain):
        super().__init__()

    def forward(self, x): ...


class AtTheStart(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.v.data *= self.c

    def forward(self, x):
        return linear(x, self.v, self.bias)


class Twice(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.v.data *= self.c


class BiasOfOne(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.bias.data += 1


class Plain(EqualLinear):
    def forward(self, x):
        return linear(x, self.v, self.bias)


class AllScaled(EqualLinear):
    """c on the bias, too."""

    def forward(self, x):
        return self.c * linear(x, self.v, self.bias)


class Squared(EqualLinear):
    """A c that is not the root: the start is right for v of another size."""

    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.v.data /= self.c

    def forward(self, x):
        return linear(x, self.c**2 * self.v, self.bias)


class FanOut(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.c = gain / outputs**0.5


class OnceMade(EqualLinear):
    """w is computed in __init__, so nothing that is learned is used."""

    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.w = (self.c * self.v).detach()

    def forward(self, x):
        return linear(x, self.w + 0 * self.v, self.bias)


class Deaf(EqualLinear):
    def forward(self, x):
        return linear(x.detach(), self.c * self.v, self.bias)


class LearnedScale(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.c = nn.Parameter(torch.tensor(self.c))


class WithoutBias(EqualLinear):
    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        self.bias = None


class Uniform(EqualLinear):
    """The right deviation and the right steps, from another distribution: nothing is wrong with it."""

    def __init__(self, inputs, outputs, gain):
        super().__init__(inputs, outputs, gain)
        nn.init.uniform_(self.v, -(3**0.5), 3**0.5)


class Parametrized(nn.Linear):
    """The package's own way passes, too."""

    def __init__(self, inputs, outputs, gain):
        from gan_course.networks import equalized

        super().__init__(inputs, outputs)
        equalized(self, gain)


CLINIC = Proof(
    chapter11.equal_layer,
    stub=(Waiting,),
    solution=(EqualLinear,),
    wrong=[
        ((AtTheStart,), "at the start only"),
        ((Twice,), "c twice"),
        ((BiasOfOne,), "bias starts at 1"),
        ((Plain,), "in use start with the deviation"),
        ((AllScaled,), "should move the bias"),
        ((Squared,), "should move each weight by c h"),
        ((FanOut,), "in use start with the deviation"),
        ((OnceMade,), "does not move the weights"),
        ((Deaf,), "No gradient reaches|slope in the input"),
        ((LearnedScale,), "numbers to learn"),
        ((WithoutBias,), "numbers to learn"),
    ],
    unforeseen=[
        (
            type(
                "Louder", (EqualLinear,), {"forward": lambda s, x: 1.3 * EqualLinear.forward(s, x)}
            ),
        ),
        (type("Wrong", (Squared,), {"forward": lambda s, x: Squared.forward(s, x) ** 2}),),
    ],
    never=[
        ((Plain,), "c twice|start only"),
        ((FanOut,), "c twice|start only"),
        ((AllScaled,), "start only|each weight"),
        ((Squared,), "start only"),
    ],
)


def test_other_right_layers_pass():
    assert chapter11.equal_layer(Uniform)
    assert chapter11.equal_layer(Parametrized)


PROOFS = [FADE, EQUAL, PIXEL, MOMENT, BUDGET, CLINIC]
