"""Chapter 12's small game on strips: whether far ends agree, with and without attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from gan_course import Game, Normal, gan, generate, hinge, train
from gan_course.data import Dataset, ends, read_ends
from gan_course.networks import Chain, SelfAttention, leaky_relu, spectral

CHANNELS, LATENT, BATCH = 32, 16, 64
Middle = Callable[[int], nn.Module]


def attention(channels: int) -> nn.Module:
    """Every cell may look at every other: 1,281 weights for 32 channels."""
    return SelfAttention(channels, pool=1)


class Alone(nn.Module):
    """A block of as many weights as attention, in which every cell sees only itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = channels * 5 // 8  # 20 of 32
        self.body = nn.Sequential(
            nn.Conv2d(channels, hidden, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, 1, bias=False),
        )
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gamma * self.body(x)


class TwoCodes(nn.Module):
    """Half of z fills three cells at the left end, the other half three at the right."""

    def __init__(self, latent: int, channels: int) -> None:
        super().__init__()
        self.left = nn.Linear(latent // 2, channels * 3)
        self.right = nn.Linear(latent // 2, channels * 3)

    def forward(self, z: Tensor) -> Tensor:
        left, right = z.chunk(2, 1)
        left, right = (h.unflatten(1, (-1, 1, 3)) for h in (self.left(left), self.right(right)))
        return torch.cat([left, torch.zeros_like(left[..., :2]), right], 3)  # [N, C, 1, 8]


def one_code(latent: int, channels: int) -> nn.Module:
    """All of z fills all eight cells: the usual first layer."""
    return nn.Sequential(nn.Linear(latent, channels * 8), nn.Unflatten(1, (channels, 1, 8)))


def along(channels: int) -> nn.Module:
    """Return a convolution along the strip: a cell and its two neighbours."""
    return nn.Conv2d(channels, channels, (1, 3), padding=(0, 1))


def generator(middle: Middle, start: Callable[[int, int], nn.Module] = TwoCodes) -> Chain:
    """Return G: z `[N, 16]` to strips `[N, 1, 16, 32]`, eight cells of 16x4 pixels each."""
    c = CHANNELS
    layers = [start(LATENT, c), nn.BatchNorm2d(c), nn.ReLU()]
    layers += [along(c), nn.BatchNorm2d(c), nn.ReLU()]
    layers += [middle(c), nn.BatchNorm2d(c), nn.ReLU()]
    return Chain(*layers, nn.ConvTranspose2d(c, 1, (16, 4), stride=(16, 4)), nn.Tanh())


def critic(middle: Middle, normed: bool = True) -> Chain:
    """Return D: strips to logits `[N, 1]`; its features see 12 pixels along the strip."""
    c = CHANNELS
    layers = [nn.Conv2d(1, c, (16, 4), stride=(16, 4)), leaky_relu()]
    layers += [along(c), leaky_relu(), middle(c), nn.Conv2d(c, c, 1), leaky_relu()]
    D = Chain(*layers, nn.Flatten(), nn.Linear(c * 8, 1))
    return spectral(D) if normed else D


def strips(n: int = 20_000) -> Dataset:
    """Return strips whose symbols keep their height: 12 drawings at either end."""
    data = ends(n)
    level = (data.factors["left_y"] == 0) & (data.factors["right_y"] == 0)
    return data.take(level)


def report(G: nn.Module, n: int = 1000) -> dict[str, float]:
    """Return what the samples' ends are like; shares among those that can be read at both."""
    left, right = read_ends(generate(G, Normal(LATENT), n, seed=1))
    both = (left >= 0) & (right >= 0)
    count = max(int(both.sum()), 1)
    shares = torch.stack([torch.bincount(end[both], minlength=4) / count for end in (left, right)])
    return {
        "read": both.float().mean().item(),
        "agree": (left == right)[both].float().sum().item() / count,
        "independent": (shares[0] * shares[1]).sum().item(),  # if the ends were
        "kinds": torch.exp(-torch.xlogy(shares, shares).sum(1)).mean().item(),
    }


def game(G: nn.Module, D: nn.Module, lr: float = 2e-3, lr_D: float = 6e-3) -> Game:
    """Return the hinge game with SAGAN's betas; its rates were chosen on one run with attention."""
    options = {"latent": Normal(LATENT), "betas": (0.0, 0.9), "ema": 0.99, "device": "cpu"}
    return gan(G, D, hinge, lr=lr, lr_D=lr_D, **options)


def played(built: Game, data: Dataset, steps: int, every: int) -> Iterator[dict]:
    """Play, and yield scored records."""
    for record in train(built, data.batches(BATCH, device="cpu"), steps, report_every=every):
        kept = {key: record[key] for key in ("step", "D_loss", "G_gradient")}
        yield {**kept, **report(built.averages["G"].network)}


@torch.no_grad()
def maps(network: Chain, inputs: Tensor) -> list[list[float]] | None:
    """Return where a network's attention looks on average, `[8, 8]`: row i is cell i's look."""
    for number, layer in enumerate(network):
        if isinstance(layer, SelfAttention):
            found = layer.weights(network[:number](inputs)).mean(0)
            return [[round(share, 4) for share in row] for row in found.tolist()]
    return None


@torch.no_grad()
def follows(G: nn.Module, n: int = 1000) -> dict[str, float]:
    """Exchange one end's code between samples, and see which ends change their kind with it.

    `left->right` is the share of samples whose right end becomes what the left end has become,
    among those whose left end has become another kind and can be read; `right->left` likewise.
    """
    torch.manual_seed(2)
    z, other = torch.randn(2, n, LATENT)
    before, half = read_ends(G(z)), LATENT // 2
    changed = {
        "left->right": (torch.cat([other[:, :half], z[:, half:]], 1), 0),
        "right->left": (torch.cat([z[:, :half], other[:, half:]], 1), 1),
    }
    found = {}
    for name, (exchanged_z, end) in changed.items():
        after = read_ends(G(exchanged_z))
        moved = (before[end] >= 0) & (after[end] >= 0) & (before[end] != after[end])
        moved &= before[0] == before[1]  # they agreed before
        count = max(int(moved.sum()), 1)
        found[name] = (after[0] == after[1])[moved].float().sum().item() / count
    return found
