"""From one kind of image to another and back, learned without pairs: CycleGAN."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ..draws import draw_rows
from ..game import Game, Player
from ..game.first_batch import Inspection
from ..game.trial import try_judge, try_translation
from ..objectives import Objective, least_squares
from .shared import Loss, averaged, check_logits, check_samples, moved, the_answers, verdicts, wide

__all__ = ["History", "cyclegan"]


class History(nn.Module):
    """Mixes old samples into new ones: `[N, ...]` to the same shape.

    It stores the first images that it is shown and returns them as they are. Once it is full,
    each image is kept with chance 1/2 in place of a stored one, which is returned for it
    (Shrivastava et al., 2017, arXiv:1612.07828; as the authors of CycleGAN do). So D is shown
    what G made long ago, too. Images of one batch change places with different stored ones.

    Args:
        shape: of a sample, such as (C, H, W) of an image.
        size: how many are stored; 0: none, and images pass.

    Attributes:
        images: what is stored, `[size, ...]`.
        seen: images shown so far, int64 `[]`.

    Raises:
        ValueError: `size` is below 0; when called, images have another shape.
    """

    images: Tensor
    seen: Tensor

    def __init__(self, shape: Sequence[int], size: int = 50) -> None:
        super().__init__()
        if size < 0:
            raise ValueError(f"a history stores 0 images or more, got {size}.")
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        if images.shape[1:] != self.images.shape[1:]:
            raise ValueError(
                f"this history is for images [N, {str(list(self.images.shape[1:]))[1:]}, got "
                f"{list(images.shape)}: give the game the shape of what its networks make."
            )
        if not self.size:
            return images
        return torch.cat([self._exchanged(part) for part in images.split(self.size)])

    def _exchanged(self, new: Tensor) -> Tensor:
        """Exchange at most `size` images; nothing here waits for a GPU."""
        n, device = len(new), new.device
        full = self.seen >= self.size
        coins = draw_rows(torch.rand, (n,), device=device) < 0.5
        any_places = torch.rand(self.size, device=device).argsort()[:n]  # all different
        next_places = self.seen + torch.arange(n, device=device)
        places = torch.where(full, any_places, next_places % self.size)
        old = self.images[places]
        stored = torch.where(full, coins, next_places < self.size)
        stored = stored.view(n, *[1] * (new.dim() - 1))
        self.images[places] = torch.where(stored, new.to(old.dtype), old)
        self.seen += n
        return torch.where(stored & full, old.to(new.dtype), new)


def _critic(
    objective: Objective,
    autocast: Callable[..., AbstractContextManager],
    D: nn.Module,
    translator: nn.Module,
    past: nn.Module,
) -> Loss:
    """Return the loss of a D, `loss(real, given)`: real samples against translations, old and new."""

    def loss(real: Tensor, given: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():  # copies, as networks may work in place
            with torch.no_grad():
                fake = past(check_samples(real, translator(given.clone())))
            d_real, d_fake = wide(D(real.clone())), wide(D(fake.clone()))
        check_logits(real, d_real, d_fake)
        return objective.d(d_real, d_fake), verdicts(objective, d_real, d_fake)

    return loss


def cyclegan(
    G: nn.Module,
    F: nn.Module,
    D_X: nn.Module,
    D_Y: nn.Module,
    objective: Objective = least_squares,
    *,
    shape: Sequence[int],
    shape_Y: Sequence[int] | None = None,
    cycle: float = 10.0,
    identity: float = 0.0,
    history: int = 50,
    lr: float = 2e-4,
    lr_D: float | None = None,
    betas: tuple[float, float] = (0.5, 0.999),
    ema: float | None = 0.999,
    bf16: bool = False,
    device: str | torch.device | None = None,
) -> Game:
    """Assemble the game of Zhu et al. (2017, arXiv:1703.10593): two translators, and the way back.

    G and F move first, together, then D_X and D_Y:

        G, F minimise  objective.g(D_Y(G(x))) + objective.g(D_X(F(y))) + cycle C + identity I,
        D_X minimises  objective.d(D_X(x), D_X(x')),     x' from a history of F(y),
        D_Y minimises  objective.d(D_Y(y), D_Y(y')),     y' from a history of G(x),

    where C = |F(G(x)) - x|_1 + |G(F(y)) - y|_1 is the loss of the way there and back,
    I = |G(y) - y|_1 + |F(x) - x|_1 that of changing what is of the right kind already, and |.|_1 the
    mean over pixels. (The paper halves the losses of D; Adam does not notice.)

    Args:
        G: maps x to images of the kind of y.
        F: maps y to images of the kind of x.
        D_X: maps images of the first kind to logits `[N, ...]`.
        D_Y: the same for the second kind.
        objective: the pair of losses.
        shape: (C, H, W) of x, and of y unless `shape_Y` is given.
        shape_Y: (C, H, W) of y.
        cycle: weight of the way there and back; 0: none. The paper's is 10.
        identity: weight of leaving alone what is of the right kind already. The paper takes
            5 for paintings to photographs, and 0 otherwise; its code takes 5.
        history: images of each kind that D's are drawn from; 0: only new ones.
        lr: Adam's step size, for G and F and, unless `lr_D` is given, for D_X and D_Y.
        lr_D: their own step size.
        betas: Adam's decay rates of the gradient's mean and square.
        ema: decay of the running averages of G and F that `translate` uses; `None`, as in
            the paper, keeps none.
        bf16: runs the networks under bfloat16 autocast; losses stay in float32.
        device: where to train; CUDA if present.

    Returns:
        The game, of batches (x, y) that do not belong together, as `data.paired` draws them. The
        histories are networks of it, `history_X` and `history_Y`; on many processes each keeps
        its own. Records hold the three distances as `G_cycle_X`, `G_cycle_Y` and `G_identity`.

    Raises:
        RuntimeError: CUDA was asked for and is absent.
        ValueError: an identity is asked for between images of different shapes; while playing, if
            a network returns the wrong shape, or the batches are not of two kinds.
    """
    shape_Y = shape if shape_Y is None else shape_Y
    if identity and tuple(shape) != tuple(shape_Y):
        raise ValueError(
            f"images {list(shape)} cannot be left alone as images {list(shape_Y)}: identity=0."
        )
    networks = {"G": G, "F": F, "D_X": D_X, "D_Y": D_Y}
    networks |= {"history_X": History(shape, history), "history_Y": History(shape_Y, history)}
    device = moved(networks, device)
    autocast = functools.partial(torch.autocast, device.type, torch.bfloat16, enabled=bf16)

    def persuaded(D: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
        d_real = wide(D(real.clone())) if objective.paired else None
        return objective.g(wide(D(fake.clone())), d_real)

    def g_loss(x: Tensor, y: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with autocast():  # copies, as networks may work in place
            fake_y, fake_x = G(x.clone()), F(y.clone())
            loss = persuaded(D_Y, fake_y, y) + persuaded(D_X, fake_x, x)
            back_x, back_y = F(fake_y.clone()), G(fake_x.clone())
        notes = {"cycle_X": l1_loss(back_x.float(), x), "cycle_Y": l1_loss(back_y.float(), y)}
        loss = loss + cycle * (notes["cycle_X"] + notes["cycle_Y"])
        if identity:
            with autocast():
                same_y, same_x = G(y.clone()).float(), F(x.clone()).float()
            notes["identity"] = l1_loss(same_y, y) + l1_loss(same_x, x)
            loss = loss + identity * notes["identity"]
        return loss, notes

    judged = functools.partial(_critic, objective, autocast)
    on_x, on_y = judged(D_X, F, networks["history_X"]), judged(D_Y, G, networks["history_Y"])

    def trial(x: Tensor, *more: Tensor) -> None:
        y = the_answers("cyclegan", more)
        try_judge("D_Y", D_Y, try_translation("G", G, x, y))
        try_judge("D_X", D_X, try_translation("F", F, y, x))

    adam = functools.partial(torch.optim.Adam, betas=betas, fused=True)
    lr_D = lr if lr_D is None else lr_D
    return Game(
        networks=networks,
        players=[
            Player("G", g_loss, adam([*G.parameters(), *F.parameters()], lr)),
            Player("D_X", on_x, adam(D_X.parameters(), lr_D)),
            Player("D_Y", lambda x, y: on_y(y, x), adam(D_Y.parameters(), lr_D)),
        ],
        averages=averaged(G, ema) | averaged(F, ema, "F"),
        inspection=Inspection(trial),
        settings={
            "objective": f"cyclegan {objective.name}, cycle {cycle}, identity {identity}",
            "bf16": str(bf16),
        },
    )
