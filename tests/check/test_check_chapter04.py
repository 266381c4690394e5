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


def right_size(n, k, s, p, o):
    return (n - 1) * s - 2 * p + k + o


SIZE = Proof(
    chapter04.transposed_size,
    stub=(stub,),
    solution=(right_size,),
    wrong=[
        ((lambda n, k, s, p, o: (n + 2 * p - k) // s + 1,), "ordinary convolution"),
        ((lambda n, k, s, p, o: right_size(n, k, s, p, 0),), "output padding is missing"),
        ((lambda n, k, s, p, o: right_size(n, k, s, p, 2 * o),), "counted twice"),
        ((lambda n, k, s, p, o: (n - 1) * s - p + k + o,), "one side only"),
        ((lambda n, k, s, p, o: (n - 1) * s + 2 * p + k + o,), "wrong sign"),
        ((lambda n, k, s, p, o: n * s - 2 * p + k + o,), "One stride too many"),
        ((lambda n, k, s, p, o: n * s,), "n strides"),
        ((lambda n, k, s, p, o: (n, k),), "one number"),
    ],
    never=[
        ((lambda n, k, s, p, o: n * s,), "counted twice"),
        ((lambda n, k, s, p, o: 2 * n,), "counted|stride too many|missing|one side"),
    ],
    unforeseen=[(lambda n, k, s, p, o: 2 * n,), (lambda n, k, s, p, o: n * s,)],
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


def right_walk(a, b, steps):
    angle = torch.linspace(0, math.pi / 2, steps, dtype=a.dtype).view(-1, *[1] * a.dim())
    return angle.cos() * a + angle.sin() * b


def on_the_sphere(a, b, steps):
    return (
        normalize(lerp(a, b, steps), dim=-1)
        * lerp(a.norm(dim=-1), b.norm(dim=-1), steps)[..., None]
    )


def uneven_angles(a, b, steps):
    t = torch.linspace(0, 1, steps, dtype=a.dtype).view(-1, *[1] * a.dim())
    return (1 - t).sqrt() * a + t.sqrt() * b


WALK = Proof(
    chapter04.walk,
    stub=(stub,),
    solution=(right_walk,),
    wrong=[
        ((lerp,), "straight line"),
        ((slerp,), "slerp"),
        ((lambda a, b, steps: right_walk(b, a, steps),), "begin at z0"),
        ((lambda a, b, steps: right_walk(a, b, 2 * steps)[:steps],), "begin at z0"),
        ((lambda a, b, steps: right_walk(a, b, steps).flatten(0, 1),), "the shape should be"),
        ((on_the_sphere,), "as long as each other|variance"),
        ((uneven_angles,), "even angles"),
        ((lambda a, b, steps: right_walk(a.zero_(), b, steps),), "begin at z0"),
        ((lambda a, b, steps: right_walk(a, b, 5),), "even angles"),
    ],
    unforeseen=[
        (lambda a, b, steps: torch.stack([a] * (steps - 1) + [b]) * 1.0,),
        (lambda a, b, steps: right_walk(a, b, steps).float().round(),),
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
    unforeseen=[
        (lambda w: right_kernel(w).transpose(2, 3),),
        (lambda w: torch.zeros(2, 3, 4, 4),),
    ],
)

PROOFS = [SIZE, IMAGE, WEIGHTS, WALK, UPDATE, KERNEL]
