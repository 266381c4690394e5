"""How fast `train` is beside the textbook loop, as ratios: `python benchmarks/steps.py`.

Both sides train the same networks by the same updates. The textbook side is the loop as most
tutorials write it: sigmoid and binary cross-entropy, `.item()` in every step, plain Adam, and
gradients for D's weights in G's move. `train` also keeps records and a running average of G.
The sides alternate, and the table shows medians of their images per second of CPU time where
there is no GPU: other work on the machine counts less so.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn

from gan_course import Normal, gan, train
from gan_course.data import digits, ring
from gan_course.networks import mlp, mlp_discriminator, mlp_generator


def textbook(G: nn.Module, D: nn.Module, latent: int, batches: Iterator, steps: int) -> None:
    """The loop of most tutorials."""
    device = next(G.parameters()).device
    adam_G = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    adam_D = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    bce, losses = nn.BCELoss(), []
    for _ in range(steps):
        (x,) = next(batches)
        ones = torch.ones(len(x), 1, device=device)
        fake = G(torch.randn(len(x), latent, device=device)).detach()
        adam_D.zero_grad()
        loss_D = bce(D(x).sigmoid(), ones) + bce(D(fake).sigmoid(), ones - 1)
        loss_D.backward()
        adam_D.step()
        adam_G.zero_grad()
        loss_G = bce(D(G(torch.randn(len(x), latent, device=device))).sigmoid(), ones)
        loss_G.backward()
        adam_G.step()
        losses.append((loss_G.item(), loss_D.item()))


def ours(G: nn.Module, D: nn.Module, latent: int, batches: Iterator, steps: int) -> None:
    """The package's loop, with its records, accuracies and running average."""
    for _ in train(gan(G, D, latent=Normal(latent)), batches, steps, report_every=100):
        pass


def images_per_second(side: Callable, case: tuple, steps: int, n: int) -> float:
    build, latent, data = case
    torch.manual_seed(0)
    nets = [net.to("cuda" if torch.cuda.is_available() else "cpu") for net in build()]
    batches = data.batches(n)
    side(*nets, latent, batches, 10)  # warm up
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    start = clock()
    side(*nets, latent, batches, steps)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return steps * n / (clock() - start)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=300)
    arguments = parser.parse_args()
    small, large = digits(8), digits(16)
    cases = {
        "2-D, batch 256": ((lambda: (mlp(2, 2), mlp(2, 1)), 2, ring()), 256),
        "digits 8x8, batch 64": (
            (lambda: (mlp_generator(64, (1, 8, 8)), mlp_discriminator((1, 8, 8))), 64, small),
            64,
        ),
        "digits 16x16, batch 128": (
            (lambda: (mlp_generator(64), mlp_discriminator()), 64, large),
            128,
        ),
    }
    print(
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, CUDA: {torch.cuda.is_available()}"
    )
    print(f"{'network':26}{'textbook':>12}{'train':>12}{'ratio':>8}   range of the ratio")
    for name, (case, n) in cases.items():
        pairs = [
            (
                images_per_second(textbook, case, arguments.steps, n),
                images_per_second(ours, case, arguments.steps, n),
            )
            for _ in range(arguments.rounds)
        ]
        ratios = sorted(b / a for a, b in pairs)
        medians = [statistics.median(side) for side in zip(*pairs, strict=True)]
        print(
            f"{name:26}{medians[0]:>12,.0f}{medians[1]:>12,.0f}{statistics.median(ratios):>8.2f}"
            f"   {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
