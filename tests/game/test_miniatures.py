"""The games of later chapters in miniature, each in at most 30 lines on the public interface."""

import inspect
from functools import partial

import pytest
import torch
from games_for_tests import same, weights
from torch import nn
from torch.nn.functional import cross_entropy, softplus

from gan_course import Average, Game, Normal, Player, average_of, gan, play, r1, train
from gan_course.checkpoint import load, save
from gan_course.data import digits, paired, ring, two_moons
from gan_course.data.dataset import Batches
from gan_course.networks import mlp

Adam = partial(torch.optim.Adam, lr=1e-3, betas=(0.5, 0.99), fused=True)


def four_networks(device) -> tuple[Game, Batches]:
    """CycleGAN: two generators and two critics, least squares, and the way back."""
    there, back = mlp(2, 2, (16,)).to(device), mlp(2, 2, (16,)).to(device)
    D_a, D_b = mlp(2, 1, (16,)).to(device), mlp(2, 1, (16,)).to(device)

    def d_loss(a, b):
        with torch.no_grad():
            fake_a, fake_b = back(b), there(a)
        real = (D_a(a) - 1).square().mean() + (D_b(b) - 1).square().mean()
        return real + D_a(fake_a).square().mean() + D_b(fake_b).square().mean(), {}

    def g_loss(a, b):
        fake_a, fake_b = back(b), there(a)
        cycle = (back(fake_b) - a).abs().mean() + (there(fake_a) - b).abs().mean()
        fooled = (D_a(fake_a) - 1).square().mean() + (D_b(fake_b) - 1).square().mean()
        return fooled + 10 * cycle, {"cycle": cycle}

    critics, translators = [*D_a.parameters(), *D_b.parameters()], nn.ModuleList([there, back])
    players = [
        Player("D", d_loss, Adam(critics)),
        Player("G", g_loss, Adam(translators.parameters())),
    ]
    networks = {"there": there, "back": back, "D_a": D_a, "D_b": D_b}
    averages = {"there": Average("there", average_of(there), 0.99)}
    return Game(networks, players, averages=averages), paired(ring(), two_moons()).batches(
        32, device
    )


class Grown(nn.Module):
    """Images of 4, 8 and 16 pixels from one trunk; `alpha` says how much of each is shown."""

    def __init__(self):
        super().__init__()
        self.first, self.up = nn.Linear(8, 4 * 16), nn.Upsample(scale_factor=2)
        self.blocks = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(2))
        self.to_grey = nn.ModuleList(nn.Conv2d(4, 1, 1) for _ in range(3))
        self.register_buffer("alpha", torch.tensor([1.0, 0.0, 0.0]))

    def forward(self, z):
        h = self.first(z).view(-1, 4, 4, 4)
        image = self.alpha[0] * self.to_grey[0](h)
        for alpha, block, to_grey in zip(self.alpha[1:], self.blocks, self.to_grey[1:]):
            h = block(self.up(h)).relu()
            image = self.up(image) + alpha * to_grey(h)
        return image.tanh()


def growing(device) -> tuple[Game, Batches]:
    """ProGAN: built at full size, faded in by a buffer, which checkpoints and averages keep."""
    D = nn.Sequential(nn.Conv2d(1, 4, 4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 1))
    game = gan(Grown(), D, latent=Normal(8), device=device)
    return game, digits(16).batches(8, device=device)


def with_an_encoder(device) -> tuple[Game, Batches]:
    """ALI: D tells pairs (x, E(x)) from pairs (G(z), z)."""
    G, E, D = (mlp(*sizes, (16,)).to(device) for sizes in ((3, 2), (2, 3), (5, 1)))

    def pairs(x):
        z = Normal(3)(len(x), x.device)
        return torch.cat([x, E(x)], 1), torch.cat([G(z), z], 1)

    def d_loss(x):
        with torch.no_grad():
            encoded, decoded = pairs(x)
        return (softplus(-D(encoded)) + softplus(D(decoded))).mean(), {}

    def g_loss(x):
        encoded, decoded = pairs(x)
        return (softplus(D(encoded)) + softplus(-D(decoded))).mean(), {}

    both = [*G.parameters(), *E.parameters()]
    players = [Player("D", d_loss, Adam(D.parameters())), Player("G", g_loss, Adam(both))]
    game = Game({"G": G, "E": E, "D": D}, players, latent=Normal(3))
    return game, ring().batches(32, device=device)


def with_path_lengths(device) -> tuple[Game, Batches]:
    """A StyleGAN in small: lazy R1, lazy path lengths with their running mean, two averages."""
    mapping, synthesis = mlp(4, 4, (16,)), mlp(4, 2, (16,))
    G = nn.Sequential(mapping, synthesis)
    G.register_buffer("usual", torch.zeros(()))
    game = gan(G, mlp(2, 1, (16,)), latent=Normal(4), penalties=[(0.1, r1, 4)], device=device)

    def path_loss(x):
        w = mapping(game.latent(len(x), x.device))
        images = synthesis(w)
        noise = torch.randn_like(images) / 2**0.5
        (slope,) = torch.autograd.grad((images * noise).sum(), w, create_graph=True)
        lengths = slope.norm(dim=1)
        with torch.no_grad():
            G.usual.lerp_(lengths.mean(), 0.01)
        return 2 * 4 * (lengths - G.usual).square().mean(), {"length": lengths.mean()}

    game.players.append(Player("path", path_loss, game.players[-1].optimizer, every=4))
    game.averages["slow"] = Average("G", average_of(G), 0.9999)
    return game, ring().batches(32, device=device)


class Policy(nn.Module):
    """Writes six tokens, one after the other, and says how likely each was."""

    def __init__(self):
        super().__init__()
        self.embed, self.cell, self.out = nn.Embedding(5, 8), nn.GRUCell(8, 8), nn.Linear(8, 4)

    def forward(self, start):
        h, token, tokens, scores = start, torch.full_like(start[:, 0], 4).long(), [], []
        for _ in range(6):
            h = self.cell(self.embed(token), h)
            scores.append(self.out(h))
            gumbel = -(-torch.rand_like(scores[-1]).clamp_min(1e-20).log()).log()
            token = (scores[-1] + gumbel).argmax(1).detach()
            tokens.append(token)
        return torch.stack(tokens, 1), torch.stack(scores, 2)  # [N, 6], [N, 4, 6]


def of_sequences(device) -> tuple[Game, Batches]:
    """SeqGAN without rollouts: D's verdict is the reward, REINFORCE carries it to G."""
    G = Policy().to(device)
    D = nn.Sequential(nn.Embedding(4, 8), nn.Flatten(), nn.Linear(48, 1)).to(device)

    def d_loss(x):
        with torch.no_grad():
            fake, _ = G(Normal(8)(len(x), x.device))
        return (softplus(-D(x)) + softplus(D(fake))).mean(), {}

    def g_loss(x):
        tokens, scores = G(Normal(8)(len(x), x.device))
        reward = D(tokens).detach().sigmoid()
        surprise = cross_entropy(scores, tokens, reduction="none").sum(1, keepdim=True)
        return ((reward - reward.mean()) * surprise).mean(), {"reward": reward.mean()}

    players = [Player("D", d_loss, Adam(D.parameters())), Player("G", g_loss, Adam(G.parameters()))]
    return Game({"G": G, "D": D}, players, latent=Normal(8)), Batches(partial(counting, device), 16)


def counting(device, n: int):
    """Sequences that count upwards, from any start."""
    return ((torch.randint(4, (n, 1), device=device) + torch.arange(6, device=device)) % 4,)


MINIATURES = [four_networks, growing, with_an_encoder, with_path_lengths, of_sequences]
each = pytest.mark.parametrize("build", MINIATURES, ids=lambda build: build.__name__)


def seeded(build, seed, device="cpu"):
    torch.manual_seed(seed)
    return build(device)


def go(game, batches, steps):
    """Plays on, as a reader would: with a fade between the records where there is one."""
    for record in train(game, batches, steps, report_every=2):
        if isinstance(G := game.networks.get("G"), Grown):
            G.alpha.copy_(torch.tensor([1.0, min(1.0, record["step"] / 6), 0.0]))
    return game


@each
def test_it_fits_on_a_page(build):
    assert len(inspect.getsource(build).rstrip().splitlines()) <= 30


@each
def test_it_plays_and_everybody_moves(build):
    game, batches = seeded(build, 0)
    before = [[p.clone() for p in player.parameters] for player in game.players]
    record = play(game, batches, 5)
    for player, old in zip(game.players, before):
        assert any(not torch.equal(a, b) for a, b in zip(player.parameters, old))
        assert record[f"{player.name}_gradient"] > 0


@each
def test_it_resumes_bit_for_bit(build, tmp_path):
    straight, batches = seeded(build, 0)
    go(straight, batches, 12)
    half, batches = seeded(build, 0)
    save(go(half, batches, 6), tmp_path / "game.pt")
    resumed, batches = seeded(build, 7)
    go(load(resumed, tmp_path / "game.pt"), batches, 6)
    assert same(weights(straight), weights(resumed))
    assert [a.age for a in resumed.averages.values()] == [12] * len(resumed.averages)


def test_a_stage_that_is_not_shown_does_not_move():
    game, batches = seeded(growing, 0)
    G = game.networks["G"]
    before = [p.clone() for p in G.to_grey[1].parameters()]
    play(game, batches, 3)
    assert all(torch.equal(a, b) for a, b in zip(before, G.to_grey[1].parameters()))
    G.alpha[1] = 0.5
    play(game, batches, 3)
    assert not any(torch.equal(a, b) for a, b in zip(before, G.to_grey[1].parameters()))


@pytest.mark.cuda
@each
def test_recorded_on_a_gpu_it_gives_the_same_numbers(build):
    from gan_course.accelerate import eager

    ends = []
    for how in (eager, lambda game: game):
        game, batches = seeded(build, 0, "cuda")
        ends.append(weights(go(how(game), batches, 30)))
    for name, tensor in ends[0].items():
        torch.testing.assert_close(tensor, ends[1][name], rtol=1e-3, atol=1e-3)


def test_pairs_are_drawn_independently_from_both_sets():
    a, b = digits(8), digits(16)
    torch.manual_seed(0)
    x, y = next(paired(a, b).batches(500, device="cpu"))
    assert x.shape == (500, 1, 8, 8) and y.shape == (500, 1, 16, 16)
    torch.manual_seed(0)
    assert torch.equal(x, next(a.batches(500, device="cpu"))[0])
    i, j = (torch.cdist(s.flatten(1), d.x.flatten(1)).argmin(1) for s, d in ((x, a), (y, b)))
    assert (a.y[i] == b.y[j]).float().mean() < 0.2  # one in ten by chance
    with pytest.raises(TypeError, match="paired needs two data sets, got a Tensor"):
        paired(a, b.x)
    with pytest.raises(ValueError, match="at least 1 sample"):
        paired(a, b).batches(0)
