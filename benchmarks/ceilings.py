"""What a device does at best, one large matrix product and one large copy, and how it is timed."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch

from gan_course.accelerate.cuda_graphs import CudaGraphs


def seconds(work: Callable[[], object], device: torch.device, clock: Callable[[], float]) -> float:
    """Return the seconds that some work takes, until the device has finished it.

    Args:
        work: to do once.
        device: waited for before the clock is read.
        clock: returns seconds.
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = clock()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - start


def kernel_seconds(
    work: Callable[[], object], device: torch.device, clock: Callable[[], float]
) -> float:
    """Return the median seconds of a few kernels, without what Python takes to launch them.

    On a GPU they are recorded ten times in a row, and that is replayed.

    Args:
        work: launches the kernels.
        device: where.
        clock: returns seconds.
    """
    if device.type != "cuda":
        work()
        return statistics.median(seconds(work, device, clock) for _ in range(3))
    graphs = CudaGraphs(device)
    graphs.warm_up(work)
    replay = graphs.record(lambda: [work() for _ in range(10)] and None)
    replay()
    return statistics.median(seconds(replay, device, clock) for _ in range(10)) / 10


def matmul_ceiling(
    device: torch.device,
    clock: Callable[[], float],
    size: int = 2048,
    dtype: torch.dtype = torch.float32,
) -> float:
    """Return the floating-point operations per second of a large matrix product.

    Args:
        device: where.
        clock: returns seconds.
        size: rows and columns of both factors.
        dtype: of the factors.
    """
    a, b = torch.randn(2, size, size, device=device, dtype=dtype).unbind()
    torch.mm(a, b)
    return 2 * size**3 / min(seconds(lambda: torch.mm(a, b), device, clock) for _ in range(5))


def copy_ceiling(device: torch.device, clock: Callable[[], float], megabytes: int) -> float:
    """Return the bytes per second that a large copy reads and writes.

    Args:
        device: where.
        clock: returns seconds.
        megabytes: of the tensor, far more than the caches hold.
    """
    source = torch.ones(megabytes * 2**18, device=device)  # 4 bytes each
    target = torch.empty_like(source)
    target.copy_(source)
    best = min(seconds(lambda: target.copy_(source), device, clock) for _ in range(5))
    return 2 * source.numel() * source.element_size() / best
