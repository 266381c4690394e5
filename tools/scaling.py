"""What many GPUs would do, on paper: the numbers and the figure of the appendix book/cluster.md.

    python tools/scaling.py            print the tables of the page
    python tools/scaling.py --figure   draw book/_static/scaling.svg again

A step takes the time of its arithmetic plus that of averaging its gradients. Nothing is hidden
behind anything: `gan_course.distributed` averages when a move's gradients are complete. All
rates of machines here are assumptions, named in `Cluster`; parameters and operations are counted.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import log2
from pathlib import Path

from counted import Model, biggan_128, dcgan_64

ROOT = Path(__file__).resolve().parent.parent
GPUS = (1, 2, 8, 16, 64, 256, 1024)


@dataclass(frozen=True)
class Link:
    """A way from GPU to GPU: seconds to send s bytes are `latency + s / bandwidth`."""

    latency: float
    bandwidth: float


@dataclass(frozen=True)
class Cluster:
    """The assumptions. Nominal rates of an eight-GPU H100 node, with one network card a GPU.

    Attributes:
        sustained: operations a second of one GPU, a tenth of its nominal bf16 rate.
        inside: NVLink 4, one direction.
        outside: InfiniBand NDR, 400 Gb/s.
        node: GPUs in a node.
    """

    sustained: float = 1e14
    inside: Link = Link(3e-6, 450e9)
    outside: Link = Link(6e-6, 50e9)
    node: int = 8


def ring(size: float, n: int, link: Link) -> float:
    """Return the seconds of a ring all-reduce (Patarasuk and Yuan, 2009).

        2 (n - 1) latency + 2 (n - 1) / n * size / bandwidth

    Args:
        size: bytes on every one.
        n: how many.
        link: between neighbours of the ring.
    """
    return 2 * (n - 1) * link.latency + 2 * (n - 1) / n * size / link.bandwidth


def all_reduce(size: float, n: int, cluster: Cluster) -> float:
    """Return the seconds of an all-reduce in two levels.

    Each node's GPUs add up within the node, so that each holds a share of the sum; equal shares
    are added between the nodes, all cards at once; then each node puts its shares together.
    """
    inside = min(n, cluster.node)
    return ring(size, inside, cluster.inside) + ring(size / inside, n // inside, cluster.outside)


def message(n: int, cluster: Cluster) -> float:
    """Return the seconds to add up a few numbers along a tree and back (Thakur et al., 2005)."""
    inside = min(n, cluster.node)
    outside = n // inside
    hops = log2(inside) * cluster.inside.latency + log2(outside) * cluster.outside.latency
    return 2 * hops


def step(model: Model, images: float, n: int, cluster: Cluster) -> tuple[float, float, float]:
    """Return a step's seconds of arithmetic, of gradients and of small messages.

    Args:
        model: what is trained.
        images: on each GPU.
        n: GPUs, a power of two.
        cluster: what they and their links can do.
    """
    gradients = sum(all_reduce(4 * move, n, cluster) for move in model.moves)
    arithmetic = images * model.operations / cluster.sustained
    return arithmetic, gradients, model.messages * message(n, cluster)


def weak(model: Model, n: int, cluster: Cluster) -> float:
    """Return the share of n GPUs' speed that is left if each keeps its `each` images."""
    times = step(model, model.each, n, cluster)
    return times[0] / sum(times)


def strong(model: Model, n: int, cluster: Cluster) -> float:
    """Return how many times faster n GPUs are than one if they share `whole` images."""
    return sum(step(model, model.whole, 1, cluster)) / sum(step(model, model.whole / n, n, cluster))


def assumptions(cluster: Cluster) -> str:
    """Return the page's table of what was assumed."""
    inside, outside = (
        f"{link.bandwidth / 1e9:.0f} GB/s each way, {link.latency * 1e6:.0f} µs a message"
        for link in (cluster.inside, cluster.outside)
    )
    rows = {
        "one GPU, sustained": f"{cluster.sustained / 1e12:.0f} TFLOP/s",
        "GPUs in a node": str(cluster.node),
        "between GPUs of a node": inside,
        "between nodes, for each GPU": outside,
    }
    return "\n".join(["| assumed | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())])


def counts(models: list[Model]) -> str:
    """Return the page's table of what was counted."""
    rows = ["| | parameters of D | of G | per image and step | gradients | small messages |"]
    rows += ["|---|---|---|---|---|---|"]
    for m in models:
        moves = f"{m.moves[0]:,} | {m.moves[-1]:,}"
        load = f"{m.operations / 1e9:.2f} GFLOP | {m.bytes / 1e6:.1f} MB | {m.messages}"
        rows += [f"| {m.name} | {moves} | {load} |"]
    return "\n".join(rows)


def table(model: Model, cluster: Cluster) -> str:
    """Return the page's table of one model."""
    rows = ["| GPUs | gradients (ms) | small (ms) | speed kept | images on each | times faster |"]
    rows += ["|---|---|---|---|---|---|"]
    for n in GPUS:
        _, gradients, small = step(model, model.each, n, cluster)
        times = f"{1e3 * gradients:.2f} | {1e3 * small:.2f} | {weak(model, n, cluster):.0%}"
        rows += [f"| {n:,} | {times} | {model.whole // n:,} | {strong(model, n, cluster):.1f} |"]
    return "\n".join(rows)


def draw(models: list[Model], cluster: Cluster, path: Path) -> None:
    """Draws weak and strong scaling of the models."""
    import matplotlib.pyplot as plt

    from gan_course import plots

    plt.rcParams["svg.hashsalt"] = "scaling"  # the same bytes in each run
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 3.2), layout="constrained")
    for model, color, line in zip(models, (plots.D, plots.G), ("-o", "--s")):
        left.plot(GPUS, [100 * weak(model, n, cluster) for n in GPUS], line, color=color)
        speeds = [strong(model, n, cluster) for n in GPUS]
        right.plot(GPUS, speeds, line, color=color, label=model.name)
    right.plot(GPUS, GPUS, ":", color=plots.THEORY, label="ideal")
    left.set(
        xscale="log",
        xlabel="GPUs",
        ylabel="speed kept (%)",
        ylim=(0, 105),
        title="as many images on each",
    )
    right.set(
        xscale="log",
        yscale="log",
        xlabel="GPUs",
        ylabel="times faster",
        title="as many images in all",
    )
    right.legend()
    for axes in (left, right):
        axes.set_xticks(GPUS, [f"{n:,}" for n in GPUS], minor=False)
        axes.minorticks_off()
    figure.savefig(path, metadata={"Date": None})


def main(arguments: list[str]) -> None:
    """Print the tables or draw the figure."""
    models, cluster = [dcgan_64(), biggan_128()], Cluster()
    if "--figure" in arguments:
        draw(models, cluster, ROOT / "book" / "_static" / "scaling.svg")
        return
    print(assumptions(cluster), counts(models), sep="\n\n")
    for model in models:
        arithmetic = step(model, model.each, 1, cluster)[0]
        print(f"\n{model.name}: {model.each} images take {1e3 * arithmetic:.2f} ms of arithmetic")
        print(table(model, cluster))


if __name__ == "__main__":
    main(sys.argv[1:])
