"""The exercises of chapter 5: the stubs wait, the solutions pass, wrong answers get their hints."""

import numpy as np
import torch
from exercises import Proof
from torch.nn.functional import one_hot, softplus

from gan_course.check import chapter05


def stub(*answers):
    """Your code here."""
    ...


def mean_within(features, y):
    return torch.stack([torch.pdist(features[y == k]).mean() for k in y.unique()]).mean()


def right_diversity(real, real_y, fake, fake_y):
    return mean_within(fake, fake_y) / mean_within(real, real_y)


def with_self(features, y):
    rows = [features[y == k] for k in y.unique()]
    return torch.stack([torch.cdist(r, r).mean() for r in rows]).mean()


def pooled_pairs(features, y):
    return torch.cat([torch.pdist(features[y == k]) for k in y.unique()]).mean()


def squared_distances(features, y):
    return torch.stack([torch.pdist(features[y == k]).square().mean() for k in y.unique()]).mean()


def ratio_by_class(real, real_y, fake, fake_y):
    ratios = [
        torch.pdist(fake[fake_y == k]).mean() / torch.pdist(real[real_y == k]).mean()
        for k in real_y.unique()
    ]
    return torch.stack(ratios).mean()


def of_five_classes(real, real_y, fake, fake_y):
    """Some of these classes are empty, and their mean is nan."""

    def within(features, y):
        return torch.stack([torch.pdist(features[y == k]).mean() for k in range(5)]).mean()

    return within(fake, fake_y) / within(real, real_y)


def of_three_classes(real, real_y, fake, fake_y):
    def within(features, y):
        rows = [features[y == k] for k in range(3)]
        return torch.stack([torch.pdist(r).mean() for r in rows]).mean()

    return within(fake, fake_y) / within(real, real_y)


DIVERSITY = Proof(
    chapter05.diversity,
    stub=(stub,),
    solution=(right_diversity,),
    wrong=[
        ((lambda r, ry, f, fy: right_diversity(f, fy, r, ry),), "upside down"),
        ((lambda r, ry, f, fy: mean_within(f, fy),), "same for real"),
        ((lambda r, ry, f, fy: torch.pdist(f).mean() / torch.pdist(r).mean(),), "different classes"),
        ((lambda r, ry, f, fy: with_self(f, fy) / with_self(r, ry),), "with itself"),
        ((lambda r, ry, f, fy: pooled_pairs(f, fy) / pooled_pairs(r, ry),), "large classes"),
        ((lambda r, ry, f, fy: right_diversity(r, ry, f, fy) ** 2,), "square of the ratio"),
        ((lambda r, ry, f, fy: squared_distances(f, fy) / squared_distances(r, ry),), "averaged squared"),
        ((ratio_by_class,), "mean of the ratios"),
        ((lambda r, ry, f, fy: right_diversity(r, ry, f, fy) or 0.1,), "diversity 0"),
        ((lambda r, ry, f, fy: right_diversity(r, ry, f.div_(2), fy),), "not the ratio"),
        ((of_three_classes,), "two classes of four"),
        ((of_five_classes,), "nan"),
    ],
    unforeseen=[
        (lambda r, ry, f, fy: f.std() / r.std(),),
        (lambda r, ry, f, fy: 0.0,),
        (lambda r, ry, f, fy: (mean_within(f, fy) / mean_within(r, ry)) ** 2,),
    ],
    never=[
        ((lambda r, ry, f, fy: squared_distances(f, fy) / squared_distances(r, ry),), "square of the ratio|different classes"),
        ((lambda r, ry, f, fy: pooled_pairs(f, fy) / pooled_pairs(r, ry),), "mean of the ratios|itself|different classes"),
        ((ratio_by_class,), "large classes|itself"),
        ((lambda r, ry, f, fy: with_self(f, fy) / with_self(r, ry),), "large classes|squared"),
        ((lambda r, ry, f, fy: mean_within(f, fy),), "upside down|itself"),
    ],
)  # fmt: skip


def right_fair(p):
    return p.max(axis=0).sum() / len(p)


FAIR = Proof(
    chapter05.fair_accuracy,
    stub=(stub,),
    solution=(right_fair,),
    wrong=[
        ((lambda p: 1.0,), "cannot all be named"),
        ((lambda p: p.max(0).sum(),), "too large"),
        ((lambda p: p.max(1).mean(),), "largest bin"),
        ((lambda p: p.max(0).mean(),), "over the bins"),
        ((lambda p: (p / p.sum(0)).max(0).mean(),), "every x alike"),
        ((lambda p: 1 - right_fair(p),), "wrong"),
        ((lambda p: (p * p / p.sum(0)).sum() / len(p),), "in proportion"),
    ],
    unforeseen=[(lambda p: 1 / len(p),), (lambda p: p.max(),), (lambda p: 0.5667,)],
    never=[
        ((lambda p: p.max(0).mean(),), "too large|every x alike"),
        ((lambda p: (p / p.sum(0)).max(0).mean(),), "over the bins|largest bin"),
        ((lambda p: 1 - right_fair(p),), "cannot all be named"),
    ],
)


def right_pair(p, q, real, fake):
    above, below = real[:, None] * p, fake[:, None] * q
    return above / (above + below)


def blind(p, q, real, fake):
    above, below = real @ p, fake @ q
    return np.tile(above / (above + below), (len(p), 1))


def logit_of_pairs(p, q, real, fake):
    with np.errstate(divide="ignore"):
        return np.log(real[:, None] * p) - np.log(fake[:, None] * q)


def with_known_labels(p, q, real, fake):
    known = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    return right_pair(p, q, *(known if len(p) == 3 else (real, fake)))


PAIR = Proof(
    chapter05.pair_discriminator,
    stub=(stub,),
    solution=(right_pair,),
    wrong=[
        ((lambda p, q, r, f: p / (p + q),), "equal label frequencies"),
        ((logit_of_pairs,), "is the logit"),
        ((lambda p, q, r, f: r[:, None] * p / (f[:, None] * q),), "ratio of the joint"),
        ((lambda p, q, r, f: right_pair(p, q, r, f) if (p != q).any() else p / (p + q),), "by its label"),
        ((lambda p, q, r, f: right_pair(p, q, f, r),), "exchanged"),
        ((lambda p, q, r, f: 1 - right_pair(p, q, r, f),), "is fake"),
        ((lambda p, q, r, f: right_pair(p, q, r, r),), "equal label"),
        ((blind,), "look at the label"),
        ((with_known_labels,), "label"),
        ((lambda p, q, r, f: right_pair(p.fill(0.25) or p, q, r, f),), "not the probability"),
        ((lambda p, q, r, f: r[:, None] * p / (p + q),), "multiplied D"),
    ],
    unforeseen=[
        (lambda p, q, r, f: np.tile(r[:, None] / (r + f)[:, None], (1, 4)),),
        (lambda p, q, r, f: r[:, None] * p / (r[:, None] * p + q),),
        (lambda p, q, r, f: np.full_like(p, 0.5),),
        (lambda p, q, r, f: right_pair(p, q + 0.01, r, f),),
    ],
    never=[
        ((logit_of_pairs,), "exchanged|does not look|is fake"),
        ((lambda p, q, r, f: 1 - right_pair(p, q, r, f),), "logit|exchanged"),
        ((lambda p, q, r, f: right_pair(p, q, f, r),), "is fake|equal label"),
        ((blind,), "equal label|exchanged"),
    ],
)  # fmt: skip


def right_project(phi, y, w, b, v):
    return phi @ w + b + (phi * v[y]).sum(1)


PROJECT = Proof(
    chapter05.project,
    stub=(stub,),
    solution=(right_project,),
    wrong=[
        ((lambda phi, y, w, b, v: (phi * v[y]).sum(1),), "psi"),
        ((lambda phi, y, w, b, v: phi @ w + b,), "label is not used"),
        ((lambda phi, y, w, b, v: phi @ w + (phi * v[y]).sum(1),), "constant b"),
        ((lambda phi, y, w, b, v: phi @ w + b + phi @ v.sum(0),), "all classes"),
        ((lambda phi, y, w, b, v: (phi @ w + b)[:, None] + phi @ v.T,), "all labels"),
        ((lambda phi, y, w, b, v: phi @ w + b + (phi @ v.T).max(1).values,), "best label"),
        ((lambda phi, y, w, b, v: phi @ v[y].T,), "Every sample met"),
        ((lambda phi, y, w, b, v: phi @ w + b + phi.sum(1) * v[y].sum(1),), "after the product"),
        ((lambda phi, y, w, b, v: right_project(phi, y.zero_(), w, b, v),), "not the logits"),
        ((lambda phi, y, w, b, v: right_project(phi, y, w, b, v.detach()) + 0 * v.sum(),), "gradient"),
    ],
    unforeseen=[
        (lambda phi, y, w, b, v: phi @ w + b + v[y].sum(1),),
        (lambda phi, y, w, b, v: right_project(phi, (y + 1) % 3, w, b, v),),
        (lambda phi, y, w, b, v: torch.cat([phi, one_hot(y, 3)], 1).sum(1),),
    ],
    never=[
        ((lambda phi, y, w, b, v: (phi * v[y]).sum(1),), "label is not used|constant b|cannot say"),
        ((lambda phi, y, w, b, v: phi @ w + b + phi @ v.sum(0),), "psi|best label"),
        ((lambda phi, y, w, b, v: phi @ w + (phi * v[y]).sum(1),), "psi\\(x\\) is missing"),
    ],
)  # fmt: skip


def right_losses(G, D, x, y, z):
    fake = D(G(z, y), y)
    return softplus(-D(x, y)).mean() + softplus(fake).mean(), softplus(-fake).mean()


def other_names(G, D, x, y, z):
    fake = D(G(z, y), torch.randint(5, y.shape))
    return softplus(-D(x, y)).mean() + softplus(fake).mean(), softplus(-fake).mean()


def other_requests(G, D, x, y, z):
    fake = D(G(z, y.roll(1)), y)
    return softplus(-D(x, y)).mean() + softplus(fake).mean(), softplus(-fake).mean()


def labels_of_its_own(G, D, x, y, z):
    drawn = torch.randint(5, y.shape)
    fake = D(G(z, drawn), drawn)
    return softplus(-D(x, y)).mean() + softplus(fake).mean(), softplus(-fake).mean()


def fakes_in_another_order(G, D, x, y, z):
    moved = y.flip(0)
    fake = D(G(z, moved), moved)
    return softplus(-D(x, y)).mean() + softplus(fake).mean(), softplus(-fake).mean()


def real_under_other_names(G, D, x, y, z):
    fake = D(G(z, y), y)
    return softplus(-D(x, y.flip(0))).mean() + softplus(fake).mean(), softplus(-fake).mean()


def in_one_call(G, D, x, y, z):
    real, fake = D(torch.cat([x, G(z, y)]), torch.cat([y, y])).chunk(2)
    return softplus(-real).mean() + softplus(fake).mean(), softplus(-fake).mean()


def changed(d=lambda loss: loss, g=lambda loss: loss):
    def losses(G, D, x, y, z):
        d_loss, g_loss = right_losses(G, D, x, y, z)
        return d(d_loss), g(g_loss)

    return losses


def swapped(G, D, x, y, z):
    real, fake = D(x, y), D(G(z, y), y)
    return softplus(real).mean() + softplus(-fake).mean(), softplus(-fake).mean()


def saturating(G, D, x, y, z):
    return right_losses(G, D, x, y, z)[0], -softplus(D(G(z, y), y)).mean()


def by_logarithms(G, D, x, y, z):
    real, fake = D(x, y).sigmoid(), D(G(z, y), y).sigmoid()
    return -real.log().mean() - (1 - fake).log().mean(), -fake.log().mean()


def clamped(G, D, x, y, z):
    """Finite, but flat where D is very sure."""
    real, fake = D(x, y).clamp(-50, 50), D(G(z, y), y).clamp(-50, 50)
    return softplus(-real).mean() + softplus(fake).mean(), softplus(-fake).mean()


PAIR_LOSSES = Proof(
    chapter05.pair_losses,
    stub=(stub,),
    solution=(right_losses,),
    wrong=[
        ((other_names,), "another label"),
        ((other_requests,), "another label"),
        ((real_under_other_names,), "another label"),
        ((fakes_in_another_order,), "another order"),
        ((labels_of_its_own,), "not those of the batch"),
        ((lambda *a: right_losses(*a)[::-1],), "This is G's loss"),
        ((changed(g=lambda loss: loss.item()),), "no tensor"),
        ((changed(d=lambda loss: loss.item()),), "no tensor"),
        ((changed(d=lambda loss: -loss),), "V, which D maximises"),
        ((changed(d=lambda loss: loss / 2),), "half"),
        ((swapped,), "swapped"),
        ((saturating,), "saturating"),
        ((lambda *a: right_losses(*a)[0],), "two losses"),
        ((changed(g=lambda loss: loss.detach()),), "back to G"),
        ((by_logarithms,), "as large as 1000"),
        ((clamped,), "as large as 1000"),
        ((lambda G, D, x, y, z: (softplus(-D(x, y)).mean(), right_losses(G, D, x, y, z)[1]),), "real pairs only"),
        ((lambda G, D, x, y, z: (softplus(D(G(z, y), y)).mean(), right_losses(G, D, x, y, z)[1]),), "fake pairs only"),
        ((lambda G, D, x, y, z: (right_losses(G, D, x, y, z)[0], softplus(D(G(z, y), y)).mean()),), "pushes D's logits"),
        ((lambda G, D, x, y, z: (right_losses(G, D, x, y, z)[0], -D(G(z, y), y).mean()),), "against a critic"),
    ],
    unforeseen=[
        (lambda G, D, x, y, z: right_losses(G, lambda x, y: D(x, y).sigmoid(), x, y, z),),
        (lambda G, D, x, y, z: right_losses(lambda z, y: G(z), D, x, y, z),),
        (changed(g=lambda loss: loss * 32),),
    ],
    never=[
        ((labels_of_its_own,), r"sigma\(D|softplus|another order"),
        ((real_under_other_names,), "G was asked"),
        ((fakes_in_another_order,), "another label|softplus"),
        ((changed(g=lambda loss: loss.item()),), "detach"),
        ((other_names,), "not those of the batch"),
        ((by_logarithms,), "under another label|saturating"),
        ((saturating,), "as large as 1000|swapped"),
        ((swapped,), "real pairs only|fake pairs only"),
    ],
)  # fmt: skip


def outputs(G, z, classes):
    return torch.stack([G(z, torch.full((len(z),), k)) for k in range(classes)])


def right_share(G, z, classes):
    made = outputs(G, z, classes)
    whole = made.flatten(0, 1).var(0, correction=0).sum()
    return made.var(0, correction=0).mean(0).sum() / whole


def early(G, z, classes):
    made = outputs(G, z, classes)
    whole = made.flatten(0, 1).var(0, correction=0).sum()
    return made.mean(1).var(0, correction=0).sum() / whole


def unbiased(G, z, classes):
    made = outputs(G, z, classes)
    return made.var(0).mean(0).sum() / made.flatten(0, 1).var(0).sum()


def ratios(G, z, classes):
    made = outputs(G, z, classes)
    return (made.var(0, correction=0).mean(0) / made.flatten(0, 1).var(0, correction=0)).mean()


def other_share(G, z, classes):
    made = outputs(G, z, classes)
    whole = made.flatten(0, 1).var(0, correction=0).sum()
    return made.var(1, correction=0).mean(0).sum() / whole


def of_vectors_only(G, z, classes):
    """Right for outputs [N, d]: of images it adds up the last dimension alone."""
    made = outputs(G, z, classes)
    whole = made.flatten(0, 1).var(0, correction=0)
    return (made.var(0, correction=0).mean(0).sum(-1) / whole.sum(-1)).mean()


def over_the_outputs(G, z, classes):
    made = outputs(G, z, classes)
    return made.var(0, correction=0).mean() / made.var(correction=0)


SHARE = Proof(
    chapter05.label_share,
    stub=(stub,),
    solution=(right_share,),
    wrong=[
        ((early,), "too early"),
        ((unbiased,), "one less"),
        ((ratios,), "ratios of the outputs"),
        ((other_share,), "This is the share of z"),
        ((lambda G, z, k: 1 - other_share(G, z, k),), "1 minus the share of z"),
        ((lambda G, z, k: right_share(G, z, k).sqrt(),), "standard deviations"),
        ((over_the_outputs,), "over the outputs as well"),
        ((of_vectors_only,), "ratios of the outputs"),
        ((lambda G, z, k: 1 / right_share(G, z, k).clamp(min=1e-9),), "upside down"),
        ((lambda G, z, k: right_share(G, z, 4),), "not the variance"),
        ((lambda G, z, k: right_share(G, z.zero_(), k),), "not the variance"),
        ((lambda G, z, k: outputs(G, z, k).var(0, correction=0).mean(0).sum(),), "no unit|whole"),
    ],
    unforeseen=[
        (lambda G, z, k: 1 - right_share(G, z, k),),
        (lambda G, z, k: right_share(G, z, k - 1),),
        (lambda G, z, k: 0.5,),
    ],
    never=[
        ((over_the_outputs,), r"Outputs may be|\[K, N"),
        ((early,), "This is the share of z|one less"),
        ((other_share,), "too early"),
        ((unbiased,), "over the outputs|too early"),
        ((ratios,), "over the outputs as well"),
    ],
)

PROOFS = [DIVERSITY, FAIR, PAIR, PROJECT, PAIR_LOSSES, SHARE]


def test_real_and_fake_pairs_may_be_judged_in_one_call():
    assert chapter05.pair_losses(in_one_call)
