"""How measurements are shown: a table on the terminal, and what a file says of the machine."""

from __future__ import annotations

import re
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "results"


def slug(device: torch.device) -> str:
    """Return a name for files of measurements on this device: `cpu`, or that of the card.

    Args:
        device: where the measurements run.
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def machine(device: torch.device) -> dict[str, object]:
    """Returns what a number depends on, without naming the machine.

    Args:
        device: where the measurements run.
    """
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    capability = torch.backends.cpu.get_cpu_capability()
    return {
        "torch": torch.__version__,
        "device": name,
        "cpu": capability,
        "threads": torch.get_num_threads(),
    }


def print_rows(rows: list[dict], about: dict[str, object]) -> None:
    """Prints the rows of one network, below a heading if there is something to say before.

    Args:
        rows: dicts with the fields of `benchmarks.speed.Row`.
        about: the machine and how it was measured; empty below the first network.
    """
    if about:
        print(", ".join(f"{key} {value}" for key, value in about.items()))
        print(
            f"{'network':24}{'loop':16}{'images/s':>12}"
            f"{'to textbook':>13}{'range':>16}{'of matmul':>11}"
        )
    for number, row in enumerate(rows):
        spread = f"{row['lowest']:.2f} to {row['highest']:.2f}"
        print(
            f"{'' if number else row['network']:24}{row['loop']:16}{row['images_per_second']:>12,.0f}"
            f"{row['ratio']:>13.2f}{spread:>16}{row['share']:>11.0%}",
            flush=True,
        )
