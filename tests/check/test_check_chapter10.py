"""What the checks of chapter 10 have to tell apart; test_check_chapters.py proves it."""

import math

import pytest
import torch
from exercises import Proof
from torch.func import functional_call, grad, jacrev, jvp
from torch.nn.functional import softplus

from gan_course.check import chapter10


def stub(*answers):
    return ...


def bounds(values):
    return -2 * values.real / values.abs() ** 2


def largest_step(values):
    bound = bounds(values).min()
    return max(bound.item(), 0.0) if (values.real < 0).all() else 0.0


def by_trying(values):
    """The same by bisection, from the multipliers themselves."""
    low, high = 0.0, 1e9
    for _ in range(200):
        h = (low + high) / 2
        home = ((1 + h * values.to(torch.complex128)).abs() < 1).all()
        low, high = (h, high) if home else (low, h)
    return low if low > 1e-20 else 0.0


STEP = Proof(
    chapter10.largest_step,
    stub=(stub,),
    solution=(largest_step,),
    wrong=[
        ((lambda values: 2 / values.abs().max(),), "for real eigenvalues"),
        ((lambda values: (-2 / values.real).min(),), "real parts only"),
        ((lambda values: (-2 * values.real / values.abs()).min(),), "should be squared"),
        ((lambda values: bounds(values).max(),), "another one is stricter"),
        ((lambda values: largest_step(values) / 2,), "half of the bound"),
        ((lambda values: bounds(values)[0],), "another one is stricter"),
        ((lambda values: bounds(values)[values.abs().argmax()],), "another one is stricter"),
        ((lambda values: bounds(values),), "Return one number"),
        ((lambda values: bounds(values).min(),), "no step comes home"),
        ((lambda values: bounds(values).min().clamp(min=0),), "is NaN"),
        ((lambda values: bounds(values).min().abs(),), "no step comes home"),
        ((lambda values: largest_step(values) if values.dtype.itemsize > 8 else 1.0,), "single"),
    ],
    unforeseen=[
        (lambda values: 1.0,),
        (lambda values: 1 / values.abs().max(),),
        (lambda values: 2 / values.abs().square().max(),),
        (lambda values: bounds(values).mean(),),
        (lambda values: bounds(values[values.imag != 0]).min(),),
    ],
    never=[
        ((lambda values: 1 / values.abs().max(),), "real parts only|half|squared|stricter"),
        ((lambda values: bounds(values).min(),), "real parts only|half|NaN|stricter"),
        ((lambda values: 1.0,), "stricter|real|half"),
        ((lambda values: math.nan,), "stricter|real parts|half"),
    ],
)


def swept(A, r, w, share, order):
    for i in order:
        w[i] += share * (r[i] - A[i] @ w) / A[i, i]
    return w


def sweep(A, r, w, share):
    return swept(A, r, w, share, range(len(w)))


def own_forgotten(A, r, w, share):
    for i in range(len(w)):
        w[i] = share * (r[i] - A[i] @ w) / A[i, i]
    return w


def gradient_steps(A, r, w, share):
    for i in range(len(w)):
        w[i] += share * (r[i] - A[i] @ w)
    return w


def down_one_function(A, r, w, share):
    return sweep((A + A.T) / 2, r, w, share)


def symmetric_only(A, r, w, share):
    return sweep(A.tril() + A.tril(-1).T, r, w, share)


def of_the_whole(A, r, w, share):
    return w + share * (sweep(A, r, w.clone(), 1) - w)


def matrix(A, share):
    zero = torch.zeros(len(A), dtype=A.dtype)
    return torch.stack([sweep(A, zero, e, share) for e in torch.eye(len(A), dtype=A.dtype)], 1)


def radius(M):
    return torch.linalg.eigvals(M).abs().max()


def factor(A, share):
    return radius(matrix(A, share))


def at_once(A, share):
    return radius(torch.eye(len(A)) - share * A / A.diag()[:, None])


def by_splitting(A, share):
    """The same from A's triangles."""
    D = torch.diag(A.diag()) / share
    return radius(torch.linalg.solve(D + A.tril(-1), D - A.diag().diag() - A.triu(1))).item()


def of_two(A, share):
    return abs(A[0, 1] * A[1, 0] / (A[0, 0] * A[1, 1]))


SWEEP = Proof(
    chapter10.sweep,
    stub=(stub, stub),
    solution=(sweep, factor),
    wrong=[
        ((lambda A, r, w, share: w + share * (r - A @ w) / A.diag(), factor), "at once"),
        ((down_one_function, factor), "does not follow row i"),
        ((symmetric_only, factor), "a sweep leads elsewhere"),
        ((lambda A, r, w, share: sweep(A.T, r, w, share), factor), "columns of A"),
        ((lambda A, r, w, s: swept(A, r, w, s, reversed(range(len(w)))), factor), "backwards"),
        ((lambda A, r, w, share: sweep(A, r, w, 1), factor), "share has no effect"),
        ((of_the_whole, factor), "of the whole sweep"),
        ((lambda A, r, w, share: sweep(A, 0 * r, w, share), factor), "r has no effect"),
        ((lambda A, r, w, share: sweep(A, -r, w, share), factor), "wrong sign"),
        ((own_forgotten, factor), "its old value"),
        ((gradient_steps, factor), "a gradient step for each"),
        ((lambda A, r, w, share: torch.linalg.solve(A, r), factor), "point of rest itself"),
        ((lambda A, r, w, s: sweep(A, r, sweep(A, r, w, s), s), factor), "two sweeps"),
        ((sweep, at_once), "all move at once"),
        ((sweep, lambda A, share: factor(A, 1)), "share has no effect"),
        ((sweep, lambda A, share: factor(A, share) ** 2), "square"),
        ((sweep, lambda A, share: factor(A, share) ** 0.5), "root"),
        ((sweep, lambda A, share: torch.linalg.matrix_norm(matrix(A, share), 2)), "at most"),
        ((sweep, lambda A, s: torch.linalg.eigvals(matrix(A, s)).real.max()), "real part"),
        ((sweep, lambda A, share: radius(A)), "eigenvalue of A"),
        ((sweep, lambda A, share: factor((A + A.T) / 2, share)), r"\(A \+ A\^T\) / 2"),
        ((sweep, lambda A, s: torch.linalg.eigvals(matrix(A, s)).abs()), "Return one number"),
        ((sweep, of_two), "not the factor"),
    ],
    unforeseen=[
        (lambda A, r, w, share: swept(A, r, w, share, [0, 1]), factor),
        (lambda A, r, w, share: w - 0.1 * share * (A @ w - r), factor),
        (lambda A, r, w, share: sweep(A, r, w, min(share, 1)), factor),
        (sweep, lambda A, share: matrix(A, share).det().abs()),
        (sweep, lambda A, share: 0.5),
    ],
    never=[
        ((down_one_function, factor), "quadratic function of|columns|at once"),
        ((lambda A, r, w, share: w - 0.1 * (A @ w - r), factor), "at once|step for each|old value"),
        ((lambda A, r, w, share: sweep(A, r, w, min(share, 1)), factor), "columns|of the whole"),
        ((sweep, of_two), "leads elsewhere|at once"),
    ],
)


def look_and_step(v, w, look, h):
    return w + h * v(w + look * v(w))


def going_on(v, w, look, h):
    w += look * v(w)
    return w + h * v(w)


def heun(v, w, look, h):
    return w + h * (v(w) + v(w + look * v(w))) / 2


def best_look(h):
    return 1 / h


LOOK = Proof(
    chapter10.look_and_step,
    stub=(stub, stub),
    solution=(look_and_step, best_look),
    wrong=[
        ((lambda v, w, look, h: w + h * v(w), best_look), "has no effect"),
        ((going_on, best_look), "sets out from where"),
        ((lambda v, w, look, h: look_and_step(v, w, h, look), best_look), "exchanged"),
        ((lambda v, w, look, h: look_and_step(v, w, look, look), best_look), "size of the look"),
        ((lambda v, w, look, h: look_and_step(v, w, h, h), best_look), "size of the step"),
        ((heun, best_look), "averages"),
        ((lambda v, w, look, h: look_and_step(v, w, -look, h), best_look), "look goes backwards"),
        ((lambda v, w, look, h: look_and_step(v, w, look, -h), best_look), "step goes backwards"),
        ((lambda v, w, look, h: w + h * v(look * v(w)), best_look), "sets out from 0"),
        ((lambda v, w, look, h: look_and_step(v, w, look, h)[:2], best_look), "shape"),
        ((look_and_step, lambda h: h), "as far as it steps"),
        ((look_and_step, lambda h: 1 / math.sqrt(2)), "the same"),
        ((look_and_step, lambda h: 2 / h), "no better than a plain"),
        ((look_and_step, lambda h: -1 / h), "looks backwards"),
    ],
    unforeseen=[
        (lambda v, w, look, h: v(w + look * v(w)), best_look),
        (lambda v, w, look, h: w + look * h * v(v(w)), best_look),
        (look_and_step, lambda h: 1 / h**2),
        (look_and_step, lambda h: 10.0),
    ],
    never=[
        ((lambda v, w, look, h: v(w + look * v(w)), best_look), "backwards|exchanged|averages"),
        ((look_and_step, lambda h: 10.0), "as far|same|backwards|plain"),
    ],
)


def pushes(loss_G, loss_D, theta, psi):
    return -grad(loss_G)(theta, psi), -grad(loss_D, argnums=1)(theta, psi)


def with_square(square, gamma_of=lambda gamma: gamma):
    """Return an answer whose players go down gamma times another square of their pushes."""

    def answer(loss_G, loss_D, theta, psi, gamma):
        def of(theta, psi):
            return square(*pushes(loss_G, loss_D, theta, psi))

        down = grad(of, argnums=(0, 1))(theta, psi)
        found = zip(pushes(loss_G, loss_D, theta, psi), down, strict=True)
        return tuple(push - gamma_of(gamma) * slope for push, slope in found)

    return answer


def half_square(*parts):
    return sum(part.square().sum() for part in parts) / 2


consensus_push = with_square(half_square)


def each_its_own(loss_G, loss_D, theta, psi, gamma):
    def own(k):
        def of(theta, psi):
            return half_square(pushes(loss_G, loss_D, theta, psi)[k])

        return grad(of, argnums=k)(theta, psi)

    push = pushes(loss_G, loss_D, theta, psi)
    return tuple(push[k] - gamma * own(k) for k in (0, 1))


def without_transpose(loss_G, loss_D, theta, psi, gamma):
    push = pushes(loss_G, loss_D, theta, psi)
    _, turned = jvp(lambda *w: pushes(loss_G, loss_D, *w), (theta, psi), push)
    return tuple(p - gamma * t for p, t in zip(push, turned, strict=True))


def negated(answer, *which):
    def other(*given):
        return tuple(-p if k in which else p for k, p in enumerate(answer(*given)))

    return other


def with_plain_sign(loss_G, loss_D, theta, psi, gamma):
    """G climbs its loss; the consensus part is right."""
    push = pushes(loss_G, loss_D, theta, psi)[0]
    first, second = consensus_push(loss_G, loss_D, theta, psi, gamma)
    return first - 2 * push, second


CONSENSUS = Proof(
    chapter10.consensus_push,
    stub=(stub,),
    solution=(consensus_push,),
    wrong=[
        ((lambda *given: pushes(*given[:4]),), "without consensus"),
        ((with_square(half_square, lambda gamma: gamma / 2),), "half as large"),
        ((with_square(lambda *parts: 2 * half_square(*parts)),), "twice as large"),
        ((with_square(half_square, lambda gamma: -gamma),), "climbs"),
        ((each_its_own,), "only its own slope"),
        ((with_square(lambda g, d: half_square(g)),), "G's slope only"),
        ((with_square(lambda g, d: half_square(d)),), "D's slope only"),
        ((with_square(lambda *p: torch.cat(p).norm()),), r"of \|v\|, not"),
        ((lambda *x: (consensus_push(*x)[0], pushes(*x[:4])[1]),), "only G pays"),
        ((lambda *x: (pushes(*x[:4])[0], consensus_push(*x)[1]),), "only D pays"),
        ((without_transpose,), "without a transpose"),
        ((negated(consensus_push, 0, 1),), "Both pushes have the wrong sign"),
        ((lambda *given: consensus_push(*given)[::-1],), "should have the shape"),
        ((lambda *given: torch.cat(consensus_push(*given)),), "Return two"),
        ((with_square(lambda *p: half_square(*p).sqrt().square()),), "point of rest"),
    ],
    unforeseen=[
        (with_square(half_square, lambda gamma: 0.7),),
        (with_square(lambda *parts: torch.cat(parts).abs().sum()),),
        (with_plain_sign,),
        (negated(consensus_push, 1),),
        (lambda *given: each_its_own(*given[:4], given[4] / 2),),
    ],
    never=[
        (
            (with_square(half_square, lambda gamma: gamma**2),),
            "half as|twice as|own slope|transpose",
        ),
        ((each_its_own,), "G's slope only|D's slope only|half as"),
        ((without_transpose,), "climbs|own slope|sign"),
        ((with_plain_sign,), "half as|twice as|climbs"),
    ],
)


class Waiting:
    def __init__(self, parameters, lr): ...

    def zero_grad(self): ...

    def step(self): ...


class Optimist:
    """The solution; the parts that mistakes change are methods."""

    def __init__(self, parameters, lr):
        self.parameters, self.lr, self.past = list(parameters), lr, {}

    def zero_grad(self):
        for w in self.parameters:
            w.grad = None

    def along(self, w, past):
        return 2 * w.grad - past

    def keep(self, w):
        self.past[w] = w.grad.clone()

    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            w -= self.lr * self.along(w, self.past.get(w, w.grad))
            self.keep(w)


class OfTorch(torch.optim.Optimizer):
    """Another right answer."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for w in (w for group in self.param_groups for w in group["params"]):
            past = self.state[w].get("past", w.grad)
            w.sub_(2 * w.grad - past, alpha=self.param_groups[0]["lr"])
            self.state[w]["past"] = w.grad.detach().clone()


class Typed(Optimist):
    """The colleague's."""

    def zero_grad(self):
        for w in self.parameters:
            if w.grad is not None:
                w.grad.zero_()

    def keep(self, w):
        self.past[w] = w.grad


class Disguised(Typed):
    zero_grad = Optimist.zero_grad


class StoredFirst(Optimist):
    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            self.keep(w)
            w -= self.lr * self.along(w, self.past[w])


class StoredOnce(Optimist):
    def keep(self, w):
        self.past.setdefault(w, w.grad.clone())


class PastOfZero(Optimist):
    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            w -= self.lr * self.along(w, self.past.get(w, torch.zeros_like(w)))
            self.keep(w)


class Added(Optimist):
    def along(self, w, past):
        return 2 * w.grad + past if w in self.past else w.grad


class Change(Optimist):
    def along(self, w, past):
        return w.grad - past if w in self.past else w.grad


class Up(Optimist):
    def along(self, w, past):
        return past - 2 * w.grad


class Piling(Optimist):
    def zero_grad(self):
        pass


class Shared(Optimist):
    """One dict for all of them, by the place of a parameter."""

    kept = {}  # noqa: RUF012

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr)
        Shared.kept.clear()

    @torch.no_grad()
    def step(self):
        for i, w in enumerate(self.parameters):
            w -= self.lr * (2 * w.grad - self.kept.get(i, w.grad))
            self.kept[i] = w.grad.clone()


class OneForAll(Optimist):
    """The past of the last parameter of this shape, for all."""

    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            w -= self.lr * self.along(w, self.past.get(w.shape, w.grad))
            self.past[w.shape] = w.grad.clone()


class Momentum(Optimist):
    def along(self, w, past):
        return w.grad + 0.5 * past if w in self.past else w.grad


class Half(Optimist):
    def along(self, w, past):
        return 1.5 * w.grad - 0.5 * past


class Still(Optimist):
    @torch.no_grad()
    def step(self):
        for w in self.parameters:
            w = w - self.lr * w.grad


class Generator(Optimist):
    """Goes through its parameters once."""

    def __init__(self, parameters, lr):
        self.parameters, self.lr, self.past = parameters, lr, {}


class Graph(Optimist):
    def step(self):
        for w in self.parameters:
            w -= self.lr * w.grad


class OneRate(Optimist):
    def __init__(self, parameters, lr):
        super().__init__(parameters, 0.1)


OPTIMIST = Proof(
    chapter10.optimist,
    stub=(Waiting,),
    solution=(Optimist,),
    wrong=[
        ((Typed,), "exactly as plain descent"),
        ((StoredFirst,), "exactly as plain descent"),
        ((torch.optim.SGD,), "exactly as plain descent"),
        ((StoredOnce,), "after the first step"),
        ((PastOfZero,), "twice as long"),
        ((Added,), "past is added"),
        ((Change,), "Only the change"),
        ((Up,), "up the loss"),
        ((Piling,), "pile up"),
        ((Disguised,), "somebody else clears"),
        ((Shared,), "disturb each other"),
        ((OneForAll,), "a past of its own|first step is right|not the plain"),
        ((Still,), "do not move"),
        ((Generator,), "do not move|first step"),
        ((Graph,), "leaf|no_grad"),
        ((OneRate,), "lr = 0.03"),
        ((lambda parameters, lr: 7,), "with the methods"),
    ],
    unforeseen=[(Momentum,), (Half,), (torch.optim.Adam,)],
    never=[
        ((Half,), "plain descent|added|Only the change"),
        ((Disguised,), "plain descent|pile"),
        ((Momentum,), "plain descent|pile|up the loss"),
        ((OneForAll,), "plain descent|pile|added"),
    ],
)


def the_push(G, D, real, z, saturating=False, own=(1, 1), detach=False):
    """Return the push as a function of one vector of weights, and that vector."""
    networks = G, D
    names = [dict(network.named_parameters()) for network in networks]
    flat = torch.cat([w.detach().flatten() for parts in names for w in parts.values()])

    def split(w):
        found = []
        for parts in names:
            found.append({})
            for name, like in parts.items():
                found[-1][name], w = w[: like.numel()].view_as(like), w[like.numel() :]
        return found

    def losses(w_G, w_D):
        fake = functional_call(G, w_G, (z,))
        a = functional_call(D, w_D, (fake,))
        real_part = softplus(-functional_call(D, w_D, (real,))).mean()
        loss_G = -softplus(a).mean() if saturating else softplus(-a).mean()
        return loss_G, real_part + softplus(a).mean()

    def push(w):
        w_G, w_D = split(w)
        if detach:
            still_G, still_D = split(w.detach())
        else:
            still_G, still_D = w_G, w_D
        of_G = grad(lambda w_G: losses(w_G, still_D)[0])(w_G)
        of_D = grad(lambda w_D: losses(still_G, w_D)[1])(w_D)
        parts = [-own[0] * part for part in of_G.values()]
        parts += [-own[1] * part for part in of_D.values()]
        return torch.cat([part.flatten() for part in parts])

    return push, flat


def game_jacobian(G, D, real, z, **change):
    push, flat = the_push(G, D, real, z, **change)
    return jacrev(push)(flat)


def first_D(G, D, real, z):
    n = sum(w.numel() for w in G.parameters())
    return game_jacobian(G, D, real, z).roll((-n, -n), (0, 1))


def hessian_of(G, D, real, z, sign):
    weights = [*G.parameters(), *D.parameters()]
    loss = softplus(-D(real)).mean() + softplus(D(G(z))).mean()
    slopes = torch.autograd.grad(loss, weights, create_graph=True)
    rows = [
        torch.autograd.grad(one, weights, retain_graph=True, materialize_grads=True)
        for one in torch.cat([slope.flatten() for slope in slopes])
    ]
    return sign * torch.stack([torch.cat([part.flatten() for part in row]) for row in rows])


def moving(G, D, real, z):
    J = game_jacobian(G, D, real, z)
    with torch.no_grad():
        G[0].weight += 0.1
    return J


def leaving_gradients(G, D, real, z):
    J = game_jacobian(G, D, real, z)
    D(real).mean().backward()
    return J


def only_G(G, D, real, z):
    n = sum(w.numel() for w in G.parameters())
    return game_jacobian(G, D, real, z)[:n, :n]


def in_blocks(G, D, real, z, rows):
    """The graph is cut between the players, in the push of one of them."""
    n = sum(w.numel() for w in G.parameters())
    J = game_jacobian(G, D, real, z)
    part = J[n:, :n] if rows else J[:n, n:]
    part.zero_()
    return J


def summed(G, D, real, z):
    n = sum(w.numel() for w in G.parameters())
    J = game_jacobian(G, D, real, z)
    return torch.cat([len(z) * J[:n], len(real) * J[n:]])


def on_all_at_once(G, D, real, z):
    """D sees real and fake in one batch, weighed by their numbers: another loss where n != m."""
    n, m = len(real), len(z)
    return game_jacobian(G, D, real, z) * (2 * n / (n + m))


def changed(**change):
    return lambda G, D, real, z: game_jacobian(G, D, real, z, **change)


def turning_share(J):
    R = (J - J.T) / 2
    return R.square().sum() / J.square().sum()


JACOBIAN = Proof(
    chapter10.game_jacobian,
    stub=(stub, stub),
    solution=(game_jacobian, turning_share),
    wrong=[
        ((changed(own=(-1, -1)), turning_share), "All signs"),
        ((lambda *given: game_jacobian(*given).T, turning_share), "exchanged"),
        ((first_D, turning_share), "before G's"),
        ((changed(detach=True), turning_share), "between the players are zero"),
        ((changed(saturating=True), turning_share), "saturating loss"),
        ((lambda *given: hessian_of(*given, -1), turning_share), "both players go down D's"),
        ((lambda *given: hessian_of(*given, 1), turning_share), r"go \*up\* D's"),
        ((changed(own=(1, -1)), turning_share), "D's rows have the wrong sign"),
        ((changed(own=(-1, 1)), turning_share), "G's rows have the wrong sign"),
        ((lambda *given: in_blocks(*given, rows=1), turning_share), "D's push does not depend"),
        ((lambda *given: in_blocks(*given, rows=0), turning_share), "G's push does not depend"),
        ((summed, turning_share), "times as large"),
        ((moving, turning_share), "weights have changed"),
        ((leaving_gradients, turning_share), "came out with gradients"),
        ((only_G, turning_share), "the shape should be"),
        ((game_jacobian, lambda J: 1 - turning_share(J)), "symmetric part"),
        ((game_jacobian, lambda J: turning_share(J).sqrt()), "its root"),
        ((game_jacobian, lambda J: 4 * turning_share(J)), "four times"),
        ((game_jacobian, lambda J: 2 * turning_share(J)), "twice the share"),
        (
            (game_jacobian, lambda J: (J - J.T).norm() ** 2 / (J + J.T).norm() ** 2),
            "compares R with S",
        ),
        ((game_jacobian, lambda J: ((J - J.T) / 2).abs().sum() / J.abs().sum()), "absolute"),
        (
            (
                game_jacobian,
                lambda J: (torch.linalg.svdvals(J - J.T)[0] / torch.linalg.svdvals(2 * J)[0]) ** 2,
            ),
            "largest singular",
        ),
        (
            (game_jacobian, lambda J: 1 - J.diag().square().sum() / J.square().sum()),
            "off the diagonal",
        ),
    ],
    unforeseen=[
        (on_all_at_once, turning_share),
        (lambda G, D, real, z: game_jacobian(G, D, real[:3], z), turning_share),
        (lambda *given: game_jacobian(*given) / 2, turning_share),
        (game_jacobian, lambda J: turning_share(J) * 0 + 0.5),
        (game_jacobian, lambda J: turning_share(J[:2, :2])),
    ],
    never=[
        (
            (lambda *given: game_jacobian(*given) / 2, turning_share),
            "signs|sign|saturating|before G's|zero",
        ),
        ((changed(saturating=True), turning_share), "wrong sign|detach|All signs"),
        ((game_jacobian, lambda J: turning_share(J[:2, :2])), "root|twice|four|compares"),
    ],
)

PROOFS = [STEP, SWEEP, LOOK, CONSENSUS, OPTIMIST, JACOBIAN]


@pytest.mark.parametrize(
    ("check", "answers"),
    [
        (chapter10.largest_step, (by_trying,)),
        (chapter10.sweep, (sweep, by_splitting)),
        (chapter10.optimist, (OfTorch,)),
    ],
)
def test_other_right_answers_pass(check, answers):
    assert check(*answers)


@pytest.mark.parametrize("h", [0.05, 0.2, 0.9])
def test_no_look_is_better_than_the_best(h):
    """On the bilinear game, by the multipliers of the step's matrix."""

    def multiplier(look):
        def v(w):
            return torch.stack([-w[1], w[0]])

        step = [look_and_step(v, e, look, h) for e in torch.eye(2, dtype=torch.float64)]
        return torch.linalg.eigvals(torch.stack(step, 1)).abs().max().item()

    found = multiplier(best_look(h))
    assert found == pytest.approx(h)
    assert all(found <= multiplier(best_look(h) * share) for share in (0.5, 0.99, 1.01, 2))


def test_a_share_of_a_bilinear_game_is_one():
    """The solution's own Jacobian of two linear players turns, and does nothing else."""
    theta_to_psi = torch.randn(2, 3)
    J = torch.cat([torch.cat([torch.zeros(2, 2), -theta_to_psi], 1),
                   torch.cat([theta_to_psi.T, torch.zeros(3, 3)], 1)])  # fmt: skip
    assert turning_share(J).item() == pytest.approx(1)


def test_the_stub_of_a_class_waits_although_it_is_called():
    assert chapter10.optimist(Waiting).status == "unanswered"
