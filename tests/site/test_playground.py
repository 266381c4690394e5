"""Chapter 3's playground: its numbers are torch's, and it can be operated by mouse and by keyboard."""


import pytest
import torch

from gan_course import gan
from gan_course.data import ring
from gan_course.game import play
from gan_course.networks import mlp, spectral
from gan_course.objectives import (
    hinge,
    least_squares,
    minimax,
    non_saturating,
    wasserstein,
)
from gan_course.penalties import clip_weights

PAGE = "book/03_vanilla_gan.html"
STEPS, BATCH, WIDTH = 50, 32, 16
OBJECTIVES = {
    objective.name: objective
    for objective in (minimax, non_saturating, wasserstein, hinge, least_squares)
}

# Plays a game on networks, batches and noise that come from torch.
REPLAY = """({weights, widths, objective, options, vectors, batches, noise}) => {
  const {nn, gan} = Demos, nets = {};
  for (const name of ["G", "D"]) {
    nets[name] = nn.mlp(widths[name], Demo.random(0));
    nets[name].parameters.set(weights[name]);
  }
  nets.D.layers.forEach((layer, l) => {
    if (vectors) [layer.u, layer.v] = vectors[l].map((values) => Float64Array.from(values));
  });
  const game = gan.game(nets.G, nets.D, gan.OBJECTIVES[objective], options);
  const losses = {D: [], G: []};
  while (batches.length) {
    const record = gan.play(game, () => batches.shift(), () => noise.shift());
    losses.D.push(record.D);
    losses.G.push(record.G);
  }
  return {losses, G: [...nets.G.parameters], D: [...nets.D.parameters]};
}"""


@pytest.fixture(scope="module")
def page(browser):
    """Return one open page of the chapter for all questions about numbers."""
    from browsing import opened

    with opened(browser, PAGE) as page:
        yield page


def weight_of(layer):
    """Return a layer's own matrix, also behind spectral normalisation."""
    parametrized = hasattr(layer, "parametrizations")
    return layer.parametrizations.weight.original if parametrized else layer.weight


def flat(network):
    """Return all weights in the order of the page: weight, bias, weight, bias, ..."""
    layers = [layer for layer in network if hasattr(layer, "bias")]
    return torch.cat([t.detach().flatten() for a in layers for t in (weight_of(a), a.bias)])


def singular_vectors(D):
    """Return the state of each layer's power iteration."""
    norms = [layer.parametrizations.weight[0] for layer in D if hasattr(layer, "parametrizations")]
    return [[norm._u.tolist(), norm._v.tolist()] for norm in norms]


def a_game(objective, turns, lr, lr_D, sn, clip):
    """Return a small game in torch, the batches and the noise that it will see, as lists."""
    torch.manual_seed(3)
    G, D = mlp(2, 2, (WIDTH, WIDTH)), mlp(2, 1, (WIDTH, WIDTH))
    D = spectral(D) if sn else D
    batches = [ring().sample(BATCH) for _ in range(STEPS * turns)]
    noise = [torch.randn(BATCH, 2) for _ in range(STEPS * (turns + 1))]
    replayed = iter(noise)
    game = gan(
        G,
        D,
        objective,
        latent=lambda n, device: next(replayed),
        n_critic=turns,
        lr=lr,
        lr_D=lr_D,
        ema=None,
        device="cpu",
    )
    if clip:
        after = game.players[0].optimizer.register_step_post_hook
        after(lambda *_: clip_weights(D, clip))
    return game, batches, noise


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize(
    ("turns", "sn", "clip"),
    [(1, False, 0), (2, False, 0), (1, False, 0.1), (2, True, 0)],
    ids=["plain", "two turns", "clipping", "two turns, spectral norm"],
)
def test_fifty_steps_in_the_page_are_those_of_torch(page, objective, turns, sn, clip):
    game, batches, noise = a_game(objective, turns, 2e-3, 1e-3, sn, clip)
    G, D = game.networks["G"], game.networks["D"]
    options = {"n": BATCH, "lrG": 2e-3, "lrD": 1e-3, "turns": turns, "clip": clip}
    here = page.evaluate(
        REPLAY,
        {
            "weights": {"G": flat(G).tolist(), "D": flat(D).tolist()},
            "widths": {"G": [2, WIDTH, WIDTH, 2], "D": [2, WIDTH, WIDTH, 1]},
            "objective": objective.name,
            "options": options,
            "vectors": singular_vectors(D) if sn else None,
            "batches": [x.flatten().tolist() for x in batches],
            "noise": [z.flatten().tolist() for z in noise],
        },
    )
    source = iter(batches)
    records = [play(game, source, 1) for _ in range(STEPS)]
    for name in ("D", "G"):
        theirs = torch.tensor([record[f"{name}_loss"] for record in records])
        assert torch.tensor(here["losses"][name]) == pytest.approx(theirs, abs=1e-4)
        assert torch.tensor(here[name]) == pytest.approx(flat(game.networks[name]), abs=1e-4)
