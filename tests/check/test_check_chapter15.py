"""What the checks of chapter 15 have to tell apart; test_check_chapters.py proves it."""

import math

import torch
from exercises import Proof
from scipy.stats import rankdata
from torch.distributions import Normal
from torch.nn.functional import logsigmoid, softplus

from gan_course.check import chapter15


def stub(*answers):
    return ...


def posterior(a, s):
    return a / (a * a + s * s), (s * s / (a * a + s * s)) ** 0.5


def best_logit(x, z, a, s, b, t):
    q = Normal(0.0, math.hypot(a, s)).log_prob(x) + Normal(b * x, t).log_prob(z)
    return q - Normal(0.0, 1.0).log_prob(z) - Normal(a * z, s).log_prob(x)


def conditional_only(x, z, a, s, b, t):
    return Normal(b * x, t).log_prob(z) - Normal(a * z, s).log_prob(x)


def without_data(x, z, a, s, b, t):
    return conditional_only(x, z, a, s, b, t) - Normal(0.0, 1.0).log_prob(z)


def without_codes(x, z, a, s, b, t):
    return best_logit(x, z, a, s, b, t) + Normal(0.0, 1.0).log_prob(z)


def unit_data(x, z, a, s, b, t):
    return without_data(x, z, a, s, b, t) + Normal(0.0, 1.0).log_prob(x)


def exponents_only(x, z, a, s, b, t):
    return best_logit(x, z, a, s, b, t) + math.log(math.hypot(a, s) * t / s)


def of_variance(x, z, a, s, b, t):
    return best_logit(x, z, a, s, b, t**0.5)


TURNED = Proof(
    chapter15.turned,
    stub=(stub, stub),
    solution=(posterior, best_logit),
    wrong=[
        (
            (lambda a, s: (posterior(a, s)[0], posterior(a, s)[1] ** 2), best_logit),
            "the variance of",
        ),
        ((lambda a, s: (1 / a if a else 0.0, posterior(a, s)[1]), best_logit), "divided x by a"),
        ((lambda a, s: (a / math.hypot(a, s), posterior(a, s)[1]), best_logit), "correlation"),
        ((lambda a, s: (a, s), best_logit), "decoder's own"),
        ((lambda a, s: (a / (a * a + s), posterior(a, s)[1]), best_logit), "standard deviation"),
        ((lambda a, s: (posterior(a, s)[0], s), best_logit), "decoder's noise"),
        ((lambda a, s: (posterior(a, s)[0], 1.0), best_logit), "spread of all z"),
        ((lambda a, s: (posterior(a, s)[0], abs(s / a) if a else 1.0), best_logit), "forgets"),
        ((lambda a, s: posterior(a, s)[0], best_logit), "two numbers"),
        ((posterior, lambda *v: -best_logit(*v)), "swapped"),
        ((posterior, lambda *v: best_logit(*v).sigmoid()), "probability"),
        ((posterior, lambda *v: logsigmoid(best_logit(*v))), "logarithm of the prob"),
        ((posterior, lambda *v: best_logit(*v).exp()), "ratio"),
        ((posterior, conditional_only), "two marginals"),
        ((posterior, without_data), "density of the data"),
        ((posterior, without_codes), "density of the prior"),
        ((posterior, exponents_only), "widths"),
    ],
    unforeseen=[
        (posterior, unit_data),
        (lambda a, s: (posterior(a, s)[0] + 0.01, posterior(a, s)[1]), best_logit),
        (posterior, lambda *v: best_logit(*v).clamp(-5, 5)),
        (posterior, lambda *v: torch.zeros_like(v[0])),
    ],
    never=[
        ((posterior, unit_data), "marginals|swapped|widths|missing"),
        ((lambda a, s: (a + s, s), best_logit), "divided|correlation|decoder"),
        ((posterior, lambda *v: best_logit(*v) + 1), "probability|missing|swapped"),
    ],
)


def encoder(A, noise):
    S = A @ A.T + noise**2 * torch.eye(len(A), dtype=A.dtype)
    return A.T @ torch.linalg.inv(S)


def code_covariance(A, noise):
    return encoder(A, noise) @ A


def error(A, noise):
    return A.shape[1] - code_covariance(A, noise).trace()


def one(A):
    return torch.eye(A.shape[1], dtype=A.dtype)


def by_scalars(A, noise):
    return torch.diag(A.square().sum(0) / (A.square().sum(0) + noise**2))


AFTERWARDS = Proof(
    chapter15.afterwards,
    stub=(stub, stub),
    solution=(code_covariance, error),
    wrong=[
        ((lambda A, s: one(A), error), "covariance of z\\."),
        ((lambda A, s: one(A) - code_covariance(A, s), error), "z given x"),
        ((lambda A, s: encoder(A, s) @ encoder(A, s).T, error), "x has the covariance I"),
        ((lambda A, s: encoder(A, s) @ A @ A.T @ encoder(A, s).T, error), "noise of x is missing"),
        ((lambda A, s: code_covariance(A, s**0.5), error), "standard deviation"),
        ((lambda A, s: A.T @ A, error), "A'A"),
        ((lambda A, s: A @ A.T, error), r"\[1, 1\]|\[2, 2\]|A'A"),
        ((code_covariance, lambda A, s: code_covariance(A, s).trace()), "variance of the codes"),
        ((code_covariance, lambda A, s: float(A.shape[1])), "always 0"),
        ((code_covariance, lambda A, s: error(A, s) ** 0.5), "root"),
        ((code_covariance, lambda A, s: error(A, s) / A.shape[1]), "divided"),
    ],
    unforeseen=[
        (by_scalars, error),
        (code_covariance, lambda A, s: error(A, s) + 0.01),
        (lambda A, s: code_covariance(A, s) * 0.99, error),
        (code_covariance, lambda A, s: s**2 / (1 + s**2)),
    ],
    never=[
        ((by_scalars, error), "given x|is missing|A'A"),
        ((code_covariance, lambda A, s: error(A, s) + 0.5), "divided|root|always"),
    ],
)


def densities(mu, log_sigma, z):
    each = Normal(mu[None], log_sigma[None].exp()).log_prob(z[:, None]).sum(2)
    prior = Normal(0.0, 1.0).log_prob(z).sum(1)
    return each, prior


def split(own, mixed, prior):
    return (own - prior).mean(), (own - mixed).mean(), (mixed - prior).mean()


def accounts(mu, log_sigma, z):
    each, prior = densities(mu, log_sigma, z)
    return split(each.diagonal(), each.logsumexp(1) - math.log(len(z)), prior)


def not_divided(mu, log_sigma, z):
    each, prior = densities(mu, log_sigma, z)
    return split(each.diagonal(), each.logsumexp(1), prior)


def mean_of_logs(mu, log_sigma, z):
    each, prior = densities(mu, log_sigma, z)
    return split(each.diagonal(), each.mean(1), prior)


def underflowing(mu, log_sigma, z):
    each, prior = densities(mu, log_sigma, z)
    return split(each.diagonal(), each.exp().mean(1).log(), prior)


def closed(mu, log_sigma, z):
    kl = ((mu**2 + (2 * log_sigma).exp() - 1) / 2 - log_sigma).sum(1).mean()
    return kl, *accounts(mu, log_sigma, z)[1:]


def without_own(mu, log_sigma, z):
    each, prior = densities(mu, log_sigma, z)
    others = each.masked_fill(torch.eye(len(z)).bool(), -math.inf)
    return split(each.diagonal(), others.logsumexp(1) - math.log(len(z) - 1), prior)


def scaled(factor):
    return lambda *v: [factor(v) * each for each in accounts(*v)]


ACCOUNTS = Proof(
    chapter15.accounts,
    stub=(stub,),
    solution=(accounts,),
    wrong=[
        ((not_divided,), "not divided by n"),
        ((mean_of_logs,), "mean of logarithms"),
        ((lambda *v: [accounts(*v)[i] for i in (0, 2, 1)],), "swapped"),
        ((closed,), "closed form"),
        ((scaled(lambda v: -1),), "signs"),
        ((scaled(lambda v: 1 / v[0].shape[1]),), "means over the coordinates"),
        ((scaled(lambda v: 1 / math.log(2)),), "bits"),
        ((scaled(lambda v: len(v[0])),), "summed over the codes"),
        ((lambda mu, s, z: accounts(mu, s / 2, z),), "logarithm of the variance"),
        ((lambda *v: accounts(*v)[:2],), "three numbers"),
        ((lambda *v: [each.expand(len(v[0])) for each in accounts(*v)],), "one number"),
        ((underflowing,), "not finite"),
    ],
    unforeseen=[
        (without_own,),
        (lambda mu, s, z: accounts(mu, s, mu),),
        (lambda *v: [each + 0.01 for each in accounts(*v)],),
        (lambda mu, s, z: accounts(mu, s, z.clamp(-3, 3)),),
    ],
    never=[
        ((without_own,), "not divided|logarithms|swapped|bits"),
        ((lambda *v: [each + 0.5 for each in accounts(*v)],), "swapped|closed|bits|coordinates"),
    ],
)


def by_ranks(anomalies, normal):
    n, m = len(anomalies), len(normal)
    ranks = rankdata(torch.cat([anomalies, normal]).numpy())
    return (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)


def auroc(anomalies, normal):
    gap = anomalies[:, None] - normal
    return (gap > 0).double().mean() + (gap == 0).double().mean() / 2


def roc(anomalies, normal):
    levels = torch.cat([anomalies, normal]).unique().flip(0)[:, None]
    start = torch.zeros(1)
    return tuple(
        torch.cat([start, (side >= levels).float().mean(1)]) for side in (normal, anomalies)
    )


def point_for_each(anomalies, normal):
    scores = torch.cat([anomalies, normal])
    order = scores.argsort(descending=True, stable=True)
    is_anomaly = (torch.arange(len(scores)) < len(anomalies))[order].float()
    start = torch.zeros(1)
    hits = torch.cat([start, is_anomaly.cumsum(0) / len(anomalies)])
    return torch.cat([start, (1 - is_anomaly).cumsum(0) / len(normal)]), hits


def strict(anomalies, normal):
    levels = torch.cat([anomalies, normal]).unique().flip(0)[:, None]
    return tuple(
        torch.cat([(side > levels).float().mean(1), torch.ones(1)]) for side in (normal, anomalies)
    )


def of_false(anomalies, normal):
    """Hits right, false alarms counted among all samples."""
    alarms, hits = roc(anomalies, normal)
    return alarms * len(normal) / (len(normal) + len(anomalies)), hits


RANKED = Proof(
    chapter15.ranked,
    stub=(stub, stub),
    solution=(by_ranks, roc),
    wrong=[
        ((lambda a, b: auroc(b, a), roc), "wrong way round"),
        ((lambda a, b: (a[:, None] > b).double().mean(), roc), "count nothing"),
        ((lambda a, b: (a[:, None] >= b).double().mean(), roc), "count as right"),
        ((lambda a, b: 2 * auroc(a, b) - 1, roc), "-1 to 1"),
        ((lambda a, b: auroc(a, b) * len(a) * len(b), roc), "number of pairs"),
        ((auroc, lambda a, b: roc(a, b)[::-1]), "swapped"),
        ((auroc, lambda a, b: [row.flip(0) for row in roc(a, b)]), "backwards"),
        ((auroc, lambda a, b: [row[1:] for row in roc(a, b)]), "begin at"),
        ((auroc, lambda a, b: [row[:-1] for row in roc(a, b)]), "end at"),
        ((auroc, lambda a, b: [r * len(v) for r, v in zip(roc(a, b), (b, a), strict=True)]), "numbers of"),
        ((auroc, point_for_each), r"should have \d+ points, and yours"),
        ((auroc, lambda a, b: roc(a, b)[0]), "two rows|not the points|entry"),
    ],
    unforeseen=[
        (auroc, of_false),
        (lambda a, b: (a.mean() - b.mean()).sigmoid(), roc),
        (lambda a, b: auroc(a.clamp(max=3), b.clamp(max=3)), roc),
        (auroc, lambda a, b: roc(a.round(), b.clamp(max=2))),
    ],
    never=[
        ((auroc, of_false), "swapped|backwards|begin|end at|numbers of"),
        ((lambda a, b: auroc(a, b) * 0.9, roc), "wrong way|nothing here|as right|-1|number of"),
    ],
)  # fmt: skip


def mismatch(A, noise):
    return torch.logdet(torch.eye(len(A), dtype=A.dtype) + A @ A.T / noise**2) / 2


def equilibrium(variance, information):
    left = math.exp(-2 * information)
    a = math.sqrt(variance * (1 - left))
    return a, math.sqrt(variance * left), a / variance, math.sqrt(left)


def round_trip(variance, information):
    return 2 * variance * math.exp(-2 * information)


def other_sign(variance, information):
    a, s, b, t = equilibrium(variance, information)
    return -a, s, -b, t


def changed(**changes):
    def answer(variance, information):
        values = dict(zip("asbt", equilibrium(variance, information), strict=True))
        for name, change in changes.items():
            values[name] = change(variance, information, **values)
        return values["a"], values["s"], values["b"], values["t"]

    return answer


EQUILIBRIA = Proof(
    chapter15.equilibria,
    stub=(stub, stub, stub),
    solution=(mismatch, other_sign, round_trip),
    wrong=[
        ((lambda A, s: 2 * mismatch(A, s), equilibrium, round_trip), "half"),
        ((lambda A, s: -mismatch(A, s), equilibrium, round_trip), "sign"),
        ((lambda A, s: mismatch(A, s) / math.log(2), equilibrium, round_trip), "bits"),
        ((lambda A, s: mismatch(A, s**0.5), equilibrium, round_trip), "standard deviation"),
        (
            (lambda A, s: torch.log1p(A.square().sum(1) / s**2).sum() / 2, equilibrium, round_trip),
            "one by one",
        ),
        (
            (lambda A, s: torch.log1p(A.square().sum() / s**2) / 2, equilibrium, round_trip),
            "trace",
        ),
        ((mismatch, lambda v, i: equilibrium(v, i / 2), round_trip), "half in I"),
        ((mismatch, lambda v, i: equilibrium(v, i * math.log(2)), round_trip), "bits"),
        ((mismatch, lambda v, i: (*equilibrium(v, i)[1::-1], *equilibrium(v, i)[2:]), round_trip), "swapped"),
        ((mismatch, lambda v, i: equilibrium(1.0, i), round_trip), "variance of the data"),
        ((mismatch, changed(b=lambda v, i, **k: -k["b"]), round_trip), "wrong sign"),
        ((mismatch, changed(b=lambda v, i, **k: 1 / max(k["a"], 1e-9)), round_trip), "divided by the slope"),
        ((mismatch, changed(t=lambda v, i, **k: k["t"] ** 2), round_trip), "t is a variance"),
        ((mismatch, changed(t=lambda v, i, **k: 1.0), round_trip), "spread of all codes"),
        ((mismatch, changed(t=lambda v, i, **k: k["s"]), round_trip), "decoder's noise"),
        ((mismatch, lambda v, i: equilibrium(v, i)[:2], round_trip), "four numbers"),
        ((mismatch, equilibrium, lambda v, i: round_trip(v, i) / 2), "best guess"),
        ((mismatch, equilibrium, lambda v, i: 2 * v * (1 - (1 - math.exp(-2 * i)) ** 0.5)), "correlation rho"),
        ((mismatch, equilibrium, lambda v, i: round_trip(1, i)), "unit of x"),
        ((mismatch, equilibrium, lambda v, i: round_trip(v, i) ** 0.5), "root"),
        ((mismatch, equilibrium, lambda v, i: round_trip(v, i / 2)), "half in I"),
        ((mismatch, equilibrium, lambda v, i: v * math.exp(-4 * i)), "Both are taken at their means"),
        (
            (mismatch, equilibrium, lambda v, i: v * math.exp(-2 * i) * (1 + math.exp(-2 * i))),
            "code is taken at its mean",
        ),
        (
            (mismatch, equilibrium, lambda v, i: v * (1 - (1 - math.exp(-2 * i)) ** 2)),
            "guessing x' by its mean",
        ),
    ],
    unforeseen=[
        (mismatch, changed(b=lambda v, i, **k: 1.1 * k["b"]), round_trip),
        (lambda A, s: mismatch(A, s) + 0.01, equilibrium, round_trip),
        (mismatch, equilibrium, lambda v, i: v * math.exp(-i)),
        (mismatch, changed(s=lambda v, i, **k: 1.01 * k["s"]), round_trip),
    ],
    never=[
        ((mismatch, changed(b=lambda v, i, **k: 1.1 * k["b"]), round_trip), "wrong sign|divided"),
        ((lambda A, s: mismatch(A, s) + 0.5, equilibrium, round_trip), "half|bits|sign|trace"),
    ],
)  # fmt: skip


def draw(mu, log_variance):
    return mu + (log_variance / 2).exp() * torch.randn_like(mu)


def eg_loss(encoded, decoded):
    return softplus(encoded).mean() + softplus(-decoded).mean()


def d_loss(encoded, decoded):
    return softplus(-encoded).mean() + softplus(decoded).mean()


def by_log_sigmoid(encoded, decoded):
    return -(1 - encoded.sigmoid()).log().mean() - decoded.sigmoid().log().mean()


DRAWING = Proof(
    chapter15.drawing,
    stub=(stub, stub),
    solution=(draw, eg_loss),
    wrong=[
        ((lambda mu, v: torch.normal(mu, (v / 2).exp()), eg_loss), "zero everywhere"),
        ((lambda mu, v: draw(mu, 2 * v), eg_loss), "taken for the standard deviation"),
        ((lambda mu, v: mu + torch.randn_like(mu), eg_loss), "spread 1"),
        ((lambda mu, v: draw(mu, v) - mu, eg_loss), "mu is missing"),
        ((lambda mu, v: mu + 0 * v, eg_loss), "Nothing is drawn"),
        ((lambda mu, v: draw(mu, v.detach()), eg_loss), "how sure it is"),
        ((lambda mu, v: draw(mu.detach(), v), eg_loss), "No gradient reaches mu"),
        ((lambda mu, v: draw(mu, v).detach(), eg_loss), "No gradient reaches the input"),
        ((lambda mu, v: mu + (v / 2).exp() * torch.randn(mu.shape[1]), eg_loss), "spread|same noise|about mu"),
        ((lambda mu, v: mu + (v / 2).exp() * 12**0.5 * (torch.rand_like(mu) - 0.5), eg_loss), "not normal"),
        ((draw, d_loss), "D's own loss"),
        ((draw, lambda e, d: -d_loss(e, d)), "minimax"),
        ((draw, lambda e, d: softplus(-d).mean()), "Only G"),
        ((draw, lambda e, d: softplus(e).mean()), "Only E"),
        ((draw, lambda e, d: eg_loss(e, d) * len(e)), "summed"),
        ((draw, lambda e, d: eg_loss(e, d) / 2), "mean of both"),
        ((draw, by_log_sigmoid), "not finite"),
        ((draw, lambda e, d: eg_loss(e.detach(), d)), "its gradient is not"),
    ],
    unforeseen=[
        (lambda mu, v: draw(mu, v + 0.2), eg_loss),
        (draw, lambda e, d: eg_loss(e, e)),
        (draw, lambda e, d: eg_loss(e.clamp(-20, 20), d)),
        (lambda mu, v: 1.05 * mu + (v / 2).exp() * torch.randn_like(mu), eg_loss),
    ],
    never=[
        ((draw, lambda e, d: eg_loss(e, e)), "Only|D's own|summed|minimax"),
        ((lambda mu, v: draw(mu, v + 0.2), eg_loss), "taken for|spread 1|Nothing|uniform"),
    ],
)  # fmt: skip

PROOFS = [TURNED, AFTERWARDS, ACCOUNTS, RANKED, EQUILIBRIA, DRAWING]
