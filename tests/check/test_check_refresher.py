"""The refresher's exercises can be trusted: see exercises.Proof."""

import copy

import torch
from exercises import Proof
from torch.nn.functional import logsigmoid, softplus

from gan_course.check import refresher


def stub(*answers):
    """Your code here."""
    ...


LOG_FAKE = Proof(
    refresher.log_fake,
    stub=(stub,),
    solution=(lambda a: -softplus(a),),
    wrong=[
        ((softplus,), "The sign"),
        ((logsigmoid,), r"probability of \*real\*"),
        ((lambda a: -softplus(a).mean(),), "You averaged"),
        ((lambda a: torch.log(1 - torch.sigmoid(a)),), "breaks at logits"),
        ((lambda a: -softplus(a).detach(),), "No gradient reaches"),
        ((lambda a: torch.log(torch.sigmoid(-a).clamp(min=1e-30)),), "breaks at logits"),
        ((lambda a: torch.log(1 - torch.sigmoid(a) + 1e-12),), "breaks at logits"),
        ((lambda a: a.neg_().sigmoid_().log_(),), "breaks at logits"),
        ((lambda a: torch.where(a > 20, -a, -torch.log(1 + torch.exp(a))),), "slope .* not finite"),
    ],
    unforeseen=[
        (lambda a: torch.log2(1 - torch.sigmoid(a)),),
        (lambda a: 1 - torch.sigmoid(a),),
        (lambda a: -a.relu(),),
    ],
    never=[
        ((lambda a: torch.where(a > 20, -a, -torch.log(1 + torch.exp(a))),), "clamp"),
        ((lambda a: -torch.log(1 + torch.exp(a)),), "where computes"),
    ],
)


def d_loss(D, x, fake):
    return softplus(-D(x)).mean() + softplus(D(fake)).mean()


def right_move(D, G, optimizer, x, z):
    loss = d_loss(D, x, G(z).detach())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def move_with(loss, zero=True, steps=1):
    """A move on a loss of (D, G, x, z) that may forget to empty the gradients, or to step."""

    def move(D, G, optimizer, x, z):
        if zero:
            optimizer.zero_grad()
        loss(D, G, x, z).backward()
        for _ in range(steps):
            optimizer.step()

    return move


def detached_loss(D, G, x, z):
    return d_loss(D, x, G(z).detach())


def move_of_g(D, G, optimizer, x, z):
    torch.optim.SGD(G.parameters(), lr=0.1).zero_grad()
    softplus(-D(G(z))).mean().backward()
    torch.optim.SGD(G.parameters(), lr=0.1).step()


def step_before_backward(D, G, optimizer, x, z):
    optimizer.step()
    optimizer.zero_grad()
    detached_loss(D, G, x, z).backward()


def move_in_place(D, G, optimizer, x, z):
    x.clamp_(-1, 1)
    right_move(D, G, optimizer, x, z)


def empties_between(D, G, optimizer, x, z):
    detached_loss(D, G, x, z).backward()
    optimizer.zero_grad(set_to_none=False)
    optimizer.step()


def freezes_g(D, G, optimizer, x, z):
    G.requires_grad_(False)
    right_move(D, G, optimizer, x, z)


def puts_g_to_eval(D, G, optimizer, x, z):
    G.eval()
    right_move(D, G, optimizer, x, z)


D_MOVE = Proof(
    refresher.d_move,
    stub=(stub,),
    solution=(right_move,),
    wrong=[
        ((move_with(lambda D, G, x, z: d_loss(D, x, G(z))),), "G's parameters have received"),
        ((move_with(detached_loss, zero=False),), "left over from before"),
        ((move_with(detached_loss, steps=0),), "D has not moved"),
        ((move_with(lambda *a: -detached_loss(*a)),), "uphill"),
        ((step_before_backward,), "old gradient"),
        ((move_of_g,), "G has moved"),
        (
            (
                move_with(
                    lambda D, G, x, z: softplus(-D(x)).mean() + softplus(D(G(z)).detach()).mean()
                ),
            ),
            "Only the real samples",
        ),
        ((move_with(lambda D, G, x, z: d_loss(D, G(z).detach(), x)),), "swapped"),
        ((move_in_place,), "not by lr times"),
        ((empties_between,), "D has not moved"),
        ((freezes_g,), "left frozen"),
        ((puts_g_to_eval,), "in eval mode"),
    ],
    unforeseen=[
        (move_with(detached_loss, steps=2),),
        (move_with(lambda D, G, x, z: d_loss(D, x, z)),),
        (move_with(lambda D, G, x, z: len(x) * detached_loss(D, G, x, z)),),
        (lambda D, G, optimizer, x, z: optimizer.zero_grad(),),
    ],
)


def latents(n, seed):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def right_sample(G, n, seed):
    modes = [(layer, layer.training) for layer in G.modules()]
    G.eval()
    x = G(latents(n, seed))
    for layer, training in modes:
        layer.training = training
    return x


@torch.no_grad()
def mode_of_g_alone(G, n, seed):
    was_training = G.training
    x = G.eval()(latents(n, seed))
    G.train(was_training)
    return x


@torch.no_grad()
def forked_sample(G, n, seed):
    modes = [(layer, layer.training) for layer in G.modules()]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        x = G.eval()(torch.randn(n, 2))
    for layer, training in modes:
        layer.training = training
    return x


@torch.no_grad()
def seeds_everybody(G, n, seed):
    torch.manual_seed(seed)
    x = G.eval()(torch.randn(n, 2))
    G.train()
    return x


@torch.no_grad()
def ignores_the_mode(G, n, seed):
    return G(latents(n, seed))


@torch.no_grad()
def leaves_eval(G, n, seed):
    return G.eval()(latents(n, seed))


@torch.no_grad()
def always_train(G, n, seed):
    x = G.eval()(latents(n, seed))
    G.train()
    return x


def keeps_the_graph(G, n, seed):
    x = G.eval()(latents(n, seed))
    G.train()
    return x


@torch.no_grad()
def uniform(G, n, seed):
    x = G.eval()(torch.rand(n, 2, generator=torch.Generator().manual_seed(seed)))
    G.train()
    return x


@torch.no_grad()
def warms_up_first(G, n, seed):
    """Looks right: the samples come from eval mode, with statistics that moved just before."""
    G.train()(latents(n, seed))
    return right_sample(G, n, seed)


DRAW = Proof(
    refresher.draw,
    stub=(stub,),
    solution=(right_sample,),
    wrong=[
        ((ignores_the_mode,), "depend on its neighbours"),
        ((leaves_eval,), "was in train mode before"),
        ((always_train,), "was in eval mode before"),
        ((mode_of_g_alone,), "but for one layer"),
        ((keeps_the_graph,), "carry their graph"),
        ((seeds_everybody,), "random state"),
        ((uniform,), "not N"),
        ((lambda G, n, seed: right_sample(G, n, 0),), "Another seed gave the same"),
        ((lambda G, n, seed: right_sample(G, 200, seed),), "n = 7 there should be 7"),
    ],
    unforeseen=[
        (warms_up_first,),
        (lambda G, n, seed: latents(n, seed),),
        (lambda G, n, seed: right_sample(G, n, seed).tanh(),),
    ],
    never=[
        ((always_train,), "but for one layer"),
        ((mode_of_g_alone,), "Put the mode back|train mode now"),
    ],
)

PROOFS = [LOG_FAKE, D_MOVE, DRAW]


def test_a_seed_in_a_forked_random_state_is_as_good_as_a_generator():
    assert refresher.draw(forked_sample)


def test_a_copy_of_g_may_be_run_in_its_place():
    @torch.no_grad()
    def copied(G, n, seed):
        return copy.deepcopy(G).eval()(latents(n, seed))

    @torch.no_grad()
    def uniform_copy(G, n, seed):
        z = torch.rand(n, 2, generator=torch.Generator().manual_seed(seed))
        return copy.deepcopy(G).eval()(z)

    assert refresher.draw(copied)
    assert "not N(0, I)" in refresher.draw(uniform_copy).message


def test_g_may_be_run_without_a_graph_in_the_move_of_d():
    def move(D, G, optimizer, x, z):
        with torch.no_grad():
            fake = G(z)
        optimizer.zero_grad()
        d_loss(D, x, fake).backward()
        optimizer.step()

    assert refresher.d_move(move)
