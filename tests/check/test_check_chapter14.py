"""What the checks of chapter 14 have to tell apart; test_check_chapters.py proves it."""

from collections import Counter
from itertools import permutations
from math import factorial, pi, prod

import pytest
import torch
from exercises import Proof

from gan_course.check import chapter14


def stub(*answers):
    return ...


def sees(layers):
    width, step = 1, 1
    for kernel, stride in layers:
        width, step = width + (kernel - 1) * step, step * stride
    return width, step


def backwards(layers):
    width, step = 1, 1
    for kernel, stride in reversed(layers):
        width, step = (width - 1) * stride + kernel, step * stride
    return width, step


def own_stride_first(layers):
    width, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        width += (kernel - 1) * step
    return width, step


SEES = Proof(
    chapter14.sees,
    stub=(stub,),
    solution=(sees,),
    wrong=[
        ((own_stride_first,), "own stride"),
        ((lambda layers: (1 + sum(k - 1 for k, _ in layers), sees(layers)[1]),), "all strides were 1"),
        ((lambda layers: (sum(k for k, _ in layers), sees(layers)[1]),), "sum of the kernels"),
        ((lambda layers: (prod(k for k, _ in layers), sees(layers)[1]),), "product of the kernels"),
        ((lambda layers: (sees(layers)[0] - 1, sees(layers)[1]),), "short by one"),
        ((lambda layers: (sees(layers)[0] ** 2, sees(layers)[1]),), "area"),
        ((lambda layers: (sum(sees(layers)) - 1, sees(layers)[1]),), "too large by the last step"),
        ((lambda layers: (sees(layers)[0], sum(s for _, s in layers)),), "added up the strides"),
        ((lambda layers: (sees(layers)[0], layers[-1][1] if layers else 1),), "last layer alone"),
        ((lambda layers: (sees(layers)[0], sees(layers[:-1])[1]),), "last layer is missing"),
        ((lambda layers: sees(layers)[::-1],), "other order"),
        ((lambda layers: sees(layers)[0],), "Two numbers"),
        ((lambda layers: sees(layers) if layers else (0, 1),), "Without any layer"),
    ],
    unforeseen=[
        (lambda layers: (70, 8),),
        (lambda layers: sees([(k, min(s, 2)) for k, s in layers]),),
        (lambda layers: (sees(layers)[0] + 2, sees(layers)[1]),),
    ],
    never=[
        ((lambda layers: (sees(layers)[0] - 1, sees(layers)[1]),), "strides were 1|sum|own stride"),
        ((lambda layers: (70, 8),), "own stride|strides were 1|sum of|missing"),
    ],
)  # fmt: skip


def exchange(store, new, size, coins, rooms, show=None, keep=None):
    """The rule; `show` and `keep` say what becomes of an image once the store is full."""
    kept, shown = list(store), []
    for image, coin, room in zip(new, coins, rooms.tolist(), strict=True):
        if len(kept) < size:
            kept.append(image)
            shown.append(image)
            continue
        old = kept[room]
        shown.append(old if (coin if show is None else show(coin)) else image)
        if coin if keep is None else keep(coin):
            kept[room] = image
    return torch.stack(shown), torch.stack(kept)


def ruled(show=None, keep=None):
    return lambda *given: exchange(*given, show=show, keep=keep)


def by_views(store, new, size, coins, rooms):
    """Hands out rows of the store, which change when their room is taken."""
    shown = []
    for i in range(len(new)):
        if len(store) < size:
            store = torch.cat([store, new[i : i + 1]])
            shown.append(new[i])
        elif coins[i]:
            shown.append(store[rooms[i]])
            store[rooms[i]] = new[i]
        else:
            shown.append(new[i])
    return torch.stack(shown), store


def at_once(store, new, size, coins, rooms):
    room_left = max(size - len(store), 0)
    kept = torch.cat([store, new[:room_left]])
    heads = coins.clone()
    heads[:room_left] = False
    before = kept.clone()
    for i in heads.nonzero()[:, 0].tolist():
        kept[rooms[i]] = new[i]
    mask = heads.view(-1, *[1] * (new.dim() - 1))
    return torch.where(mask, before[rooms.clamp(max=len(kept) - 1)], new), kept


def growing(store, new, size, coins, rooms):
    shown, kept = exchange(store, new, size, coins, rooms)
    return shown, torch.cat([kept, new[:1]])


EXCHANGE = Proof(
    chapter14.exchange,
    stub=(stub,),
    solution=(exchange,),
    wrong=[
        ((ruled(lambda c: not c, lambda c: not c),), "swapped"),
        ((ruled(lambda c: False),), "took its room"),
        ((by_views,), "have changed when"),
        ((ruled(keep=lambda c: False),), "no new one takes"),
        ((ruled(keep=lambda c: True),), "With tails an image is stored"),
        ((ruled(lambda c: True, lambda c: True),), "whatever the coin"),
        ((ruled(lambda c: False, lambda c: False),), "never used"),
        ((growing,), "may hold 4"),
        ((lambda *given: exchange(*given)[0],), "Two tensors|unpack"),
    ],
    unforeseen=[
        (lambda store, new, size, coins, rooms: exchange(store, new, size, coins, rooms.flip(0)),),
        (lambda store, new, size, coins, rooms: exchange(store, new, size, coins.flip(0), rooms),),
        (lambda *given: (exchange(*given)[0], exchange(*given)[1].flip(0)),),
        (at_once,),
    ],
    never=[
        ((at_once,), "swapped|whatever|never used"),
        (
            (lambda store, new, size, coins, rooms: exchange(store, new, size, coins, rooms * 0),),
            "swapped|coin says|never used|With tails an",
        ),
    ],
)


def loss_free(a, b):
    if sorted(a.tolist()) != sorted(b.tolist()):
        return 0
    return prod(factorial(m) for m in Counter(a.tolist()).values())


def kept(a):
    times = Counter(a.tolist())
    return sum(size / times[size] for size in a.tolist()) / sum(a.tolist())


def never_none(a, b):
    return prod(factorial(m) for m in Counter(a.tolist()).values())


LOSS_FREE = Proof(
    chapter14.loss_free,
    stub=(stub, stub),
    solution=(loss_free, kept),
    wrong=[
        ((lambda a, b: loss_free(a, b) ** 2, kept), "F chosen apart"),
        ((lambda a, b: factorial(len(a)) if loss_free(a, b) else 0, kept), "all bijections"),
        ((lambda a, b: len(a) ** len(a), kept), "all maps"),
        ((lambda a, b: prod(Counter(a.tolist()).values()), kept), "more ways"),
        ((lambda a, b: sum(map(factorial, Counter(a.tolist()).values())), kept), "multiply"),
        ((lambda a, b: 1, kept), "true pairing alone"),
        ((never_none, kept), "cannot become kinds"),
        ((loss_free, lambda a: 1 / loss_free(a, a)), "all\\* kinds are right"),
        ((loss_free, lambda a: 1 / len(a)), "all kinds could change"),
        ((loss_free, lambda a: len(set(a.tolist())) / len(a)), "share of \\*kinds"),
        ((loss_free, lambda a: 1.0), "Not all images"),
        ((loss_free, lambda a: kept(a) * a.sum()), "number of images"),
        ((loss_free, lambda a: 1 - kept(a)), "loses its kind"),
    ],
    unforeseen=[
        (lambda a, b: 2 * loss_free(a, b), kept),
        (loss_free, lambda a: kept(a) ** 2),
        (lambda a, b: loss_free(a, b) if len(a) < 7 else 1, kept),
        (lambda a, b: loss_free(a, b) * (len(a) != 3), kept),
    ],
    never=[
        ((lambda a, b: 2 * loss_free(a, b), kept), "F chosen|all maps|alone"),
        ((loss_free, lambda a: 0.9 * kept(a)), "share of|number of|all kinds"),
    ],
)


def test_the_share_kept_is_the_mean_over_all_pairs_without_a_loss():
    for sizes in ([3, 3], [1, 2, 2], [4, 4, 9, 9, 9], [1, 1, 2, 5, 5, 1]):
        n = range(len(sizes))
        orders = [p for p in permutations(n) if [sizes[i] for i in p] == sizes]
        right = [sum(sizes[i] for i in n if p[i] == i) / sum(sizes) for p in orders]
        assert kept(torch.tensor(sizes)) == pytest.approx(sum(right) / len(right))
        assert loss_free(torch.tensor(sizes), torch.tensor(sizes)) == len(orders)


def median(inks, p):
    values, order = inks.sort(0)
    reached = (p[order].cumsum(0) < 0.5).sum(0, keepdim=True)
    return values.gather(0, reached)[0]


def middles(inks, p):
    return median(inks, p), p @ inks


def charge(colour, inks, p):
    return (colour - inks).abs().mean(1) @ p


def charges(inks, p):
    own = torch.stack([charge(ink, inks, p) for ink in inks])
    return torch.stack([charge(median(inks, p), inks, p), own.min(), own @ p])


def charged(k, value):
    """The charges with another one in place k."""

    def answer(inks, p):
        found = charges(inks, p)
        found[k] = value(inks, p)
        return found

    return (middles, answer)


def each(inks, p):
    return torch.stack([charge(ink, inks, p) for ink in inks])


MIDDLE = Proof(
    chapter14.middle,
    stub=(stub, stub),
    solution=(middles, charges),
    wrong=[
        ((lambda inks, p: (p @ inks, p @ inks), charges), "best for \\*squared"),
        ((lambda inks, p: (median(inks, p),) * 2, charges), "best for \\*absolute"),
        ((lambda inks, p: (inks[each(inks, p).argmin()], p @ inks), charges), "best of the inks"),
        ((lambda inks, p: (inks[p.argmax()], p @ inks), charges), "likeliest ink|best of the inks"),
        ((lambda inks, p: (inks.median(0).values, p @ inks), charges), "median of the inks, all"),
        ((lambda inks, p: (inks.mean(0), p @ inks), charges), "unweighted"),
        ((lambda inks, p: (median(inks, p), inks.mean(0)), charges), "mean of the inks, all"),
        ((lambda inks, p: median(inks, p), charges), "Two colours"),
        (charged(0, lambda inks, p: charge(p @ inks, inks, p)), "what the mean is charged"),
        (charged(0, lambda inks, p: charges(inks, p)[0] * inks.shape[1]), "sum over the channels"),
        (charged(1, lambda inks, p: each(inks, p)[p.argmax()]), "likeliest ink is charged"),
        (charged(1, lambda inks, p: each(inks, p).max()), "worst of the inks"),
        (charged(2, lambda inks, p: each(inks, p).mean()), "answer drawn evenly"),
        (charged(2, lambda inks, p: torch.zeros(())), "knows the truth"),
        (charged(2, lambda inks, p: charges(inks, p)[2] / (1 - p @ p)), "inks agree"),
        ((middles, lambda inks, p: charges(inks, p)[:2]), "Three numbers"),
    ],
    unforeseen=[
        (lambda inks, p: (median(inks, p) + 0.01, p @ inks), charges),
        (lambda inks, p: (median(inks, p), p.square() @ inks), charges),
        charged(2, lambda inks, p: each(inks, p) @ p.square()),
        charged(1, lambda inks, p: each(inks, p).median()),
    ],
    never=[
        ((lambda inks, p: (median(inks, p) + 0.1, p @ inks), charges), "mean|likeliest|alike"),
        (charged(2, lambda inks, p: 2 * charges(inks, p)[2]), "evenly|squared|agree|knows"),
    ],
)


def root(S, power=0.5):
    values, vectors = torch.linalg.eigh(S)
    return vectors * values**power @ vectors.T


def translator(S_x, S_y, Q):
    return root(S_y) @ Q @ root(S_x, -0.5)


def by_cholesky(S_x, S_y, Q):
    L_x, L_y = torch.linalg.cholesky(S_x), torch.linalg.cholesky(S_y)
    return L_y @ Q @ torch.linalg.inv(L_x)


def left_alone(A, S):
    moved = A - torch.eye(len(A), dtype=A.dtype)
    return ((moved @ S) * moved).sum(1).clamp(min=0).sqrt().mean() * (2 / pi) ** 0.5


def deviations(A, S):
    moved = A - torch.eye(len(A), dtype=A.dtype)
    return ((moved @ S) * moved).sum(1).sqrt()


C = (2 / pi) ** 0.5
ROTATIONS = Proof(
    chapter14.rotations,
    stub=(stub, stub),
    solution=(translator, left_alone),
    wrong=[
        ((lambda S_x, S_y, Q: root(S_y) @ Q @ root(S_x), left_alone), "spread twice"),
        ((lambda S_x, S_y, Q: S_y @ Q @ torch.linalg.inv(S_x), left_alone), "covariances themselves"),
        ((lambda S_x, S_y, Q: translator(S_y, S_x, Q), left_alone), "takes y to x"),
        ((lambda S_x, S_y, Q: Q @ root(S_x, -0.5), left_alone), "white"),
        ((lambda S_x, S_y, Q: root(S_y) @ Q, left_alone), "if x were white"),
        ((lambda S_x, S_y, Q: Q @ translator(S_x, S_y, torch.eye(len(Q)).double()), left_alone), "turn comes last"),
        ((lambda S_x, S_y, Q: translator(S_x, S_y, torch.eye(len(Q)).double()) @ Q, left_alone), "turn comes first"),
        ((lambda S_x, S_y, Q: translator(S_x, S_y, torch.eye(len(Q)).double()), left_alone), "one and the same"),
        ((translator, lambda A, S: left_alone(A, S) * len(A)), "sum over the coordinates"),
        ((translator, lambda A, S: deviations(A, S).mean()), "mean deviation"),
        ((translator, lambda A, S: deviations(A, S).square().mean()), "mean of the squares"),
        ((translator, lambda A, S: C * deviations(A, S).square().mean()), "root is missing"),
        ((translator, lambda A, S: C * deviations(A, S).square().mean().sqrt()), "before the root"),
        ((translator, lambda A, S: C * (A @ S @ A.T).diagonal().sqrt().mean()), "size of G"),
        ((translator, lambda A, S: left_alone(A, torch.eye(len(S)).double())), "S = I"),
    ],
    unforeseen=[
        (lambda S_x, S_y, Q: 1.01 * translator(S_x, S_y, Q), left_alone),
        (lambda S_x, S_y, Q: translator(S_x, S_y, Q @ Q), left_alone),
        (translator, lambda A, S: left_alone(A, S.diagonal().diag())),
        (translator, lambda A, S: left_alone(A, S) if len(A) > 2 else left_alone(A.abs(), S)),
    ],
    never=[
        ((lambda S_x, S_y, Q: 2 * translator(S_x, S_y, Q), left_alone), "spread twice|Ax is white|takes y|turn comes"),
        ((translator, lambda A, S: 2 * left_alone(A, S)), "sum|mean dev|squares|missing|S = I"),
    ],
)  # fmt: skip


def test_a_family_by_other_roots_is_right_too():
    assert chapter14.rotations(by_cholesky, left_alone)
    assert chapter14.rotations(lambda S_x, S_y, Q: translator(S_x, S_y, Q.T), left_alone)


def apart(a, b):
    return (a - b).abs().mean()


def way_back(G, F, x, y):
    return apart(F(G(x)), x) + apart(G(F(y)), y)


def typed(G, F, x, y):
    fake_y, fake_x = G(x), F(y)
    return apart(F(fake_y), fake_y) + apart(G(fake_x), fake_x)


WAY_BACK = Proof(
    chapter14.way_back,
    stub=(stub,),
    solution=(way_back,),
    wrong=[
        ((typed,), "as the colleague does"),
        ((lambda G, F, x, y: apart(F(G(x)), x),), "Only the way of x"),
        ((lambda G, F, x, y: apart(G(F(y)), y),), "Only the way of y"),
        ((lambda G, F, x, y: way_back(G, F, x, y) / 2,), "mean of the two"),
        ((lambda G, F, x, y: apart(G(y), y) + apart(F(x), x),), "identity loss"),
        ((lambda G, F, x, y: apart(G(x), x) + apart(F(y), y),), "Nothing comes back"),
        ((lambda G, F, x, y: apart(G(F(x)), x) + apart(F(G(y)), y),), "other one's way"),
        ((lambda G, F, x, y: apart(F(G(x)), y) + apart(G(F(y)), x),), "goals are swapped"),
        ((lambda G, F, x, y: (F(G(x)) - x).square().mean() + (G(F(y)) - y).square().mean(),), "squared"),
        ((lambda G, F, x, y: (F(G(x)) - x).abs().sum() + (G(F(y)) - y).abs().sum(),), "sum over all"),
        ((lambda G, F, x, y: (F(G(x)) - x).mean().abs() + (G(F(y)) - y).mean().abs(),), "cancel"),
        ((lambda G, F, x, y: apart(F(G(x).detach()), x) + apart(G(F(y)), y),), "not all of its gradient"),
        ((lambda G, F, x, y: way_back(G, F, x, y).detach(),), "no gradient reaches"),
    ],
    unforeseen=[
        (lambda G, F, x, y: 10 * way_back(G, F, x, y),),
        (lambda G, F, x, y: way_back(G, F, x, y) + apart(G(x), G(x).mean()),),
        (lambda G, F, x, y: (F(G(x)) - x).abs().amax() + (G(F(y)) - y).abs().amax(),),
    ],
    never=[
        ((lambda G, F, x, y: 10 * way_back(G, F, x, y),), "colleague|identity|Only|sum over"),
        ((lambda G, F, x, y: apart(F(G(x)).detach(), x) + apart(G(F(y)), y),), "colleague|Only the"),
    ],
)  # fmt: skip

PROOFS = [SEES, EXCHANGE, LOSS_FREE, MIDDLE, ROTATIONS, WAY_BACK]
