"""Install torch's small CPU build where it is enough: on Linux without an NVIDIA GPU.

    .venv/bin/python tools/install_torch.py

There the package index's plain `torch` brings gigabytes of CUDA libraries, so torch's own index of CPU
builds is tried first. Where it cannot be used, a sentence says so and nothing is installed: what
installs the other requirements then takes the plain build. `make book` runs this before it.
"""

import argparse
import re
import shutil
import subprocess
import sys
import urllib.request
from importlib import metadata
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements.txt"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
DRIVER = Path("/proc/driver/nvidia/gpus")  # a folder for each card that the driver sees
SECONDS = 5  # to wait for an index that does not answer


def wanted() -> str:
    """Return the version of torch that requirements.txt names."""
    return re.search(r"^torch==(\S+)", REQUIREMENTS.read_text(encoding="utf-8"), re.M)[1]


def installed() -> str:
    """Return the version of torch that this Python has, without what names its build; "" for none."""
    try:
        return metadata.version("torch").partition("+")[0]
    except metadata.PackageNotFoundError:
        return ""


def has_nvidia_gpu(driver: Path = DRIVER) -> bool:
    """Return whether `nvidia-smi` or the driver's folder lists a card."""
    if driver.is_dir() and any(driver.iterdir()):
        return True
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    try:
        done = subprocess.run([command, "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and "GPU" in done.stdout


def answers(index: str) -> bool:
    """Return whether an index can be read: pip would try an unreachable one for minutes."""
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=SECONDS):
            return True
    except (OSError, ValueError):  # URLError and timeouts are OSErrors
        return False


def install(version: str, index: str) -> bool:
    """Install torch from the index, without what it needs: that comes with the other requirements."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", f"torch=={version}", "--index-url", index]
    return subprocess.run(command).returncode == 0


def main() -> None:
    """Install the CPU build, or say in a sentence why the plain one will come."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--index", default=CPU_INDEX, help="of CPU builds")
    index, version = parser.parse_args().index.rstrip("/"), wanted()
    if installed() == version or sys.platform != "linux" or has_nvidia_gpu():
        return
    if answers(index) and install(version, index):
        print(f"No NVIDIA GPU was found: torch {version} is the CPU build.", flush=True)
        return
    print(
        f"No NVIDIA GPU was found, but torch's CPU build cannot be had from {index}: the plain "
        "build comes instead, which may bring gigabytes of CUDA libraries.",
        flush=True,
    )


if __name__ == "__main__":
    main()
