"""The exercises of chapter 4: the stubs wait, the solutions pass, wrong answers get their hints."""

import math

import torch
from exercises import Proof
from torch import nn
from torch.nn.functional import interpolate, normalize

from gan_course import lerp, slerp
from gan_course.check import chapter04
from gan_course.check.first_weights import WEIGHTED
from gan_course.networks import dcgan_init


def stub(*answers):
    """Your code here."""
    ...


def right_padding(n, wanted, k, s):
    surplus = (n - 1) * s + k - wanted
    cut = max(math.ceil(surplus / 2), 0)
    return cut, 2 * cut - surplus


def surplus(n, wanted, k, s):
    return (n - 1) * s + k - wanted


def as_if_same(n, wanted, k, s):
    """The padding that keeps sizes at stride 1, and the rest by output padding."""
    cut = (k - 1) // 2
    return cut, wanted - ((n - 1) * s - 2 * cut + k)


def much(n, wanted, k, s):
    """Right sizes, by cutting one stride more than is needed and giving it back."""
    cut, back = right_padding(n, wanted, k, s)
    return cut + s, back + 2 * s


def all_at_one_end(*case):
    return max(surplus(*case), 0), max(-surplus(*case), 0)


def never_back(*case):
    return right_padding(*case)[0], 0


def one_stride_more(n, wanted, k, s):
    return right_padding(n + 1, wanted, k, s)


PADDING = Proof(
    chapter04.padding_for,
    stub=(stub,),
    solution=(right_padding,),
    wrong=[
        ((lambda *case: right_padding(*case)[::-1],), "swapped"),
        ((never_back,), "always 0"),
        ((lambda *case: (max(surplus(*case) // 2, 0), 0),), "always 0"),
        ((all_at_one_end,), "both ends"),
        ((one_stride_more,), "One stride too many"),
        ((lambda *case: (surplus(*case) / 2, 0),), "halves of pixels"),
        ((lambda *case: (surplus(*case) // 2, surplus(*case) % 2),), "makes the output longer"),
        ((lambda *case: (0, -surplus(*case)),), "refuses negative"),
        ((as_if_same,), "smaller than the stride"),
        ((much,), "smaller than the stride"),
        ((lambda *case: right_padding(*case)[0],), "two numbers"),
        ((lambda n, wanted, k, s: (k // 4, 0),), "that makes"),
    ],
    never=[
        ((lambda n, wanted, k, s: (1, 0),), "swapped|always 0|both ends|stride too many"),
        ((all_at_one_end,), "swapped|always 0|stride too many"),
        ((never_back,), "swapped|both ends|stride too many|longer"),
        ((lambda *case: (surplus(*case) // 2, surplus(*case) % 2),), "swapped|always 0|both ends"),
        ((one_stride_more,), "swapped|always 0|both ends"),
        ((much,), "negative|swapped"),
    ],
    unforeseen=[
        (lambda n, wanted, k, s: (1, 0),),
        (lambda n, wanted, k, s: right_padding(n, 2 * n, k, s),),
        (lambda n, wanted, k, s: (10_000, 0),),
    ],
)


def right_image(G, z):
    training = G.training
    with torch.no_grad():
        image = G.eval()(z[None])[0]
    G.train(training)
    return image


def in_train_mode(G, z):
    return G.train()(z[None])[0].detach()


def looks_first(G, z):
    G.train()(z[None])
    return right_image(G, z)


def stays_in_eval(G, z):
    return G.eval()(z[None])[0].detach()


def always_back_to_train(G, z):
    image = stays_in_eval(G, z)
    G.train()
    return image


IMAGE = Proof(
    chapter04.one_image,
    stub=(stub,),
    solution=(right_image,),
    wrong=[
        ((in_train_mode,), "in train mode"),
        ((lambda G, z: right_image(G, z)[None],), "batch of one"),
        ((stays_in_eval,), "left in the other"),
        ((always_back_to_train,), "left in the other"),
    ],
    unforeseen=[
        (looks_first,),
        (lambda G, z: right_image(G, -z),),
        (lambda G, z: torch.zeros(1, 8, 8),),
        (lambda G, z: G(z),),
        (lambda G, z: right_image(G, z.clamp_(-1, 1)),),
    ],
)


def right_weights(network):
    network.apply(dcgan_init)


@torch.no_grad()
def drawn(network, std=0.02, scale=1.0, bias=0.0, deep=True, seed=None):
    """First weights with one thing or another gone wrong."""
    for layer in network.modules() if deep else network.children():
        if seed is not None:
            torch.manual_seed(seed)
        if isinstance(layer, WEIGHTED):
            layer.weight.normal_(0, std)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
            layer.weight.normal_(scale, 0.02)
        else:
            continue
        if layer.bias is not None:
            layer.bias.fill_(bias)


@torch.no_grad()
def uniform(network):
    right_weights(network)
    for layer in network.modules():
        if isinstance(layer, WEIGHTED):
            layer.weight.uniform_(-0.02 * math.sqrt(3), 0.02 * math.sqrt(3))


def without(kind):
    """First weights for all kinds of layers but one."""

    def weights(network):
        for layer in network.modules():
            if not isinstance(layer, kind):
                dcgan_init(layer)

    return weights


WEIGHTS = Proof(
    chapter04.first_weights,
    stub=(stub,),
    solution=(right_weights,),
    wrong=[
        ((lambda network: drawn(network, deep=False),), "not been touched"),
        ((lambda network: drawn(network, std=math.sqrt(0.02)),), "root of 0.02"),
        ((lambda network: drawn(network, std=0.02**2),), "square of 0.02"),
        ((lambda network: drawn(network, scale=0.0),), "around 0"),
        ((lambda network: drawn(network, bias=3.0),), "bias"),
        ((lambda network: drawn(network, seed=0),), "same random numbers"),
        ((uniform,), "not Gaussian"),
        ((without(nn.Linear),), "Linear have not been touched"),
        ((without(nn.BatchNorm2d),), "BatchNorm2d have not been touched"),
        ((lambda network: drawn(network, std=0.05),), "not 0 ± 0.02"),
    ],
    unforeseen=[
        (lambda network: nn.init.normal_(network[0].weight, 0, 0.02),),
        (lambda network: right_weights(network) or network.requires_grad_(False),),
    ],
    never=[
        ((without(nn.Linear),), "nested|children"),
        ((without(nn.Conv2d),), "nested|children"),
        ((lambda network: drawn(network, deep=False),), "kinds"),
    ],
)


def right_wander(z0, steps, rho):
    return wandering(z0, steps, rho, math.sqrt(1 - rho**2))


def wandering(z0, steps, kept, new, noise=torch.randn_like):
    """A walk whose factors or noise may be wrong."""
    path = [z0]
    for _ in range(steps - 1):
        path.append(kept * path[-1] + new * noise(path[-1]))
    return torch.stack(path)


def with_noise(noise):
    return lambda z0, steps, rho: wandering(z0, steps, rho, math.sqrt(1 - rho**2), noise)


def one_noise(z0, steps, rho):
    noise = torch.randn_like(z0)
    return wandering(z0, steps, rho, math.sqrt(1 - rho**2), lambda z: noise)


def in_one_plane(z0, steps, rho):
    angle = (torch.arange(steps) * math.acos(rho)).view(-1, *[1] * z0.dim())
    return angle.cos() * z0 + angle.sin() * torch.randn_like(z0)


def always_from_z0(z0, steps, rho):
    kept = (rho ** torch.arange(steps)).view(-1, *[1] * z0.dim())
    return kept * z0 + (1 - kept**2).sqrt() * torch.randn(steps, *z0.shape)


def on_the_sphere(z0, steps, rho):
    return normalize(right_wander(z0, steps, rho), dim=-1) * z0.norm(dim=-1, keepdim=True)


def seeded(z0, steps, rho):
    torch.manual_seed(1)
    return right_wander(z0, steps, rho)


def rho_as_angle(z0, steps, rho):
    return wandering(z0, steps, math.cos(rho), math.sin(rho))


def mixed(z0, steps, rho):
    return wandering(z0, steps, rho, 1 - rho)


WANDER = Proof(
    chapter04.wander,
    stub=(stub,),
    solution=(right_wander,),
    wrong=[
        ((mixed,), "variance of the points falls"),
        (
            (lambda z0, steps, rho: wandering(z0, steps, 1, 1 - rho),),
            "variance of the points grows",
        ),
        ((lambda z0, steps, rho: wandering(z0, steps, rho, 1),), "variance of the points grows"),
        ((rho_as_angle,), "Neighbours correlate by"),
        ((lambda z0, steps, rho: right_wander(z0, steps, rho**2),), "Neighbours correlate by"),
        ((one_noise,), "same noise"),
        ((with_noise(lambda z: torch.randn(z.shape[-1])),), "All walks of the batch"),
        ((with_noise(lambda z: torch.randn(*z.shape[:-1], 1)),), "all coordinates"),
        ((in_one_plane,), "two steps apart"),
        ((always_from_z0,), "the next two by"),
        ((on_the_sphere,), "equally long"),
        ((seeded,), "Two calls"),
        ((with_noise(lambda z: (2 * torch.rand_like(z) - 1) * math.sqrt(3)),), "not Gaussian"),
        ((with_noise(torch.rand_like),), "variance|mean"),
        ((lambda z0, steps, rho: right_wander(z0, steps + 1, rho),), "shape should be"),
        ((lambda z0, steps, rho: right_wander(z0, steps + 1, rho)[1:],), "does not begin at z0"),
        ((lambda z0, steps, rho: right_wander(z0.flatten(1), steps, rho),), "IndexError"),
    ],
    never=[
        ((mixed,), "seed|normalise|same noise|correlate"),
        ((in_one_plane,), "seed|variance|normalise|not by"),
        ((rho_as_angle,), "seed|variance|normalise|same noise"),
        ((seeded,), "variance|correlate|normalise"),
    ],
    unforeseen=[
        (lambda z0, steps, rho: torch.stack([z0] * steps) * 1.0,),
        (lambda z0, steps, rho: right_wander(z0, steps, -rho),),
        (lambda z0, steps, rho: right_wander(z0, steps, rho).round(),),
        (lambda z0, steps, rho: lerp(z0, torch.randn_like(z0), steps),),
        (lambda z0, steps, rho: slerp(z0, torch.randn_like(z0), steps),),
    ],
)


@torch.no_grad()
def right_update(average, network, decay):
    for a, w in zip(average.parameters(), network.parameters(), strict=True):
        a.lerp_(w, 1 - decay)
    for a, b in zip(average.buffers(), network.buffers(), strict=True):
        a.copy_(b)


@torch.no_grad()
def weights_only(average, network, decay):
    for a, w in zip(average.parameters(), network.parameters(), strict=True):
        a.lerp_(w, 1 - decay)


@torch.no_grad()
def averaged_buffers(average, network, decay):
    weights_only(average, network, decay)
    for a, b in zip(average.buffers(), network.buffers(), strict=True):
        a.copy_(decay * a + (1 - decay) * b)


def out_of_place(average, network, decay):
    for a, w in zip(average.parameters(), network.parameters(), strict=True):
        a = decay * a + (1 - decay) * w


@torch.no_grad()
def backwards(average, network, decay):
    right_update(average, network, decay)
    for a, w in zip(average.parameters(), network.parameters(), strict=True):
        w.copy_(a)


def shared_buffers(average, network, decay):
    right_update(average, network, decay)
    for a, b in zip(average.buffers(), network.buffers(), strict=True):
        a.data = b.data


def without_no_grad(average, network, decay):
    for a, w in zip(average.parameters(), network.parameters(), strict=True):
        a.lerp_(w, 1 - decay)


UPDATE = Proof(
    chapter04.update,
    stub=(stub,),
    solution=(right_update,),
    wrong=[
        ((weights_only,), "buffer"),
        ((averaged_buffers,), "buffer"),
        ((lambda a, w, decay: right_update(a, w, 1 - decay),), "swapped"),
        ((lambda a, w, decay: right_update(a, w, 0.9),), "not decay"),
        ((without_no_grad,), r"torch.no_grad\(\)"),
        ((out_of_place,), "has not moved"),
        ((lambda a, w, decay: a.load_state_dict(w.state_dict()),), "copied, not averaged"),
        ((backwards,), "network itself"),
        ((shared_buffers,), "shares memory"),
    ],
    unforeseen=[
        (lambda a, w, decay: right_update(w, a, decay),),
        (lambda a, w, decay: right_update(a, w, decay / 2),),
    ],
)

TIED = torch.tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]]).float()


def right_kernel(w):
    return torch.einsum("ai,bj,onij->noab", TIED, TIED, w)


KERNEL = Proof(
    chapter04.one_kernel,
    stub=(stub,),
    solution=(right_kernel,),
    wrong=[
        ((lambda w: right_kernel(w).transpose(0, 1),), "should be"),
        ((lambda w: right_kernel(w).flip(2, 3),), "upside down"),
        ((lambda w: right_kernel(w) / 4,), "wrong sum"),
        ((lambda w: interpolate(w, size=4).transpose(0, 1),), "wrong sum"),
        ((lambda w: right_kernel(w).flip(2),), "layers differ"),
        ((lambda w: right_kernel(w.abs_()),), "wrong sum"),
        ((lambda w: right_kernel(w)[:2, :3],), r"w \[2, 4, 3, 3\]"),
    ],
    never=[
        ((lambda w: right_kernel(w) / 4,), "upside down|should be"),
        ((lambda w: right_kernel(w).flip(2),), "upside down|sum"),
    ],
    unforeseen=[
        (lambda w: right_kernel(w).transpose(2, 3),),
        (lambda w: torch.zeros(2, 3, 4, 4),),
    ],
)

PROOFS = [PADDING, IMAGE, WEIGHTS, WANDER, UPDATE, KERNEL]


def test_any_padding_with_the_right_size_will_do():
    """Also one that cuts more than it must and gives it back, as far as torch allows."""

    def generous(n, wanted, k, s):
        cut, back = right_padding(n, wanted, k, s)
        more = (s - 1 - back) // 2
        return cut + more, back + 2 * more

    assert any(generous(*case) != right_padding(*case) for case in chapter04.ASKED)
    assert chapter04.padding_for(generous)


def test_a_walk_may_be_written_in_other_ways():
    def in_place(z0, steps, rho):
        path = torch.empty(steps, *z0.shape)
        path[0] = z0
        for k in range(1, steps):
            path[k] = torch.normal(rho * path[k - 1], math.sqrt(1 - rho**2))
        return path

    assert chapter04.wander(in_place)
