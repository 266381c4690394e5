"""Published image sets, downloaded once and read without torchvision."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .dataset import Dataset
from .download import Source, fetch, unreadable
from .pixels import check_size, resize

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
OBJECTS = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


def _idx_sources(
    name: str, mirrors: tuple[str, ...], checksums: tuple[str, ...]
) -> dict[str, tuple[Source, Source]]:
    """Images and labels of both splits; the checksums stand in the order of the file names."""
    files = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    sources = [
        Source(f"{name}-{file}.gz", tuple(f"{mirror}/{file}-ubyte.gz" for mirror in mirrors), md5)
        for file, md5 in zip(files, checksums, strict=True)
    ]
    return {"train": (sources[0], sources[1]), "test": (sources[2], sources[3])}


# The checksums are the published ones; the first mirrors are the ones in widest use.
MNIST = _idx_sources(
    "mnist",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist",
    ),
    (
        "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "md5:d53e105ee54ea40749a09fcbcd1e9432",
        "md5:9fb629c4189551a2d022fa330f9573f3",
        "md5:ec29112dd5afa0611ce80d1b7f02629c",
    ),
)
FASHION = _idx_sources(
    "fashion-mnist",
    (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    ),
    (
        "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "md5:25c81989df183df01b3e8a0aad5dffbe",
        "md5:bef4ecab320f06d8554ea6380940ec79",
        "md5:bb300cfdad3c16e7a12a480ee83cd310",
    ),
)
CIFAR10 = Source(
    "cifar-10-binary.tar.gz",
    ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
)
CIFAR10_PARTS = {
    "train": tuple(f"cifar-10-batches-bin/data_batch_{k}.bin" for k in range(1, 6)),
    "test": ("cifar-10-batches-bin/test_batch.bin",),
}


def mnist(split: str = "train", size: int = 28) -> Dataset:
    """Download MNIST (LeCun et al. 1998), handwritten digits: 12 MB, kept in a cache folder.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        size: side in pixels; other than 28 the images are resized.

    Returns:
        White-on-black images uint8 [N, 1, size, size] with labels.

    Raises:
        DownloadError: the files could not be had; the message names the embedded sets.
        ValueError: another split, or size < 8.
    """
    images, labels = MNIST[_known(split, size)]
    return read_idx_pair("mnist", fetch(images), fetch(labels), DIGITS, size)


def fashion_mnist(split: str = "train", size: int = 28) -> Dataset:
    """Download Fashion-MNIST (Xiao et al. 2017), clothes: 31 MB, kept in a cache folder.

    Args:
        split: "train" (60,000 images) or "test" (10,000).
        size: side in pixels; other than 28 the images are resized.

    Returns:
        White-on-black images uint8 [N, 1, size, size] with labels.

    Raises:
        DownloadError: the files could not be had; the message names the embedded sets.
        ValueError: another split, or size < 8.
    """
    images, labels = FASHION[_known(split, size)]
    return read_idx_pair("fashion_mnist", fetch(images), fetch(labels), CLOTHES, size)


def cifar10(split: str = "train", size: int = 32) -> Dataset:
    """Download CIFAR-10 (Krizhevsky 2009), ten kinds of objects: 170 MB, kept in a cache folder.

    Args:
        split: "train" (50,000 images) or "test" (10,000).
        size: side in pixels; other than 32 the images are resized.

    Returns:
        Colour images uint8 [N, 3, size, size] with labels.

    Raises:
        DownloadError: the file could not be had; the message names the embedded sets.
        ValueError: another split, or size < 8.
    """
    parts = CIFAR10_PARTS[_known(split, size)]
    return read_cifar("cifar10", fetch(CIFAR10), parts, size)


def read_idx_pair(
    name: str, images: Path, labels: Path, classes: tuple[str, ...], size: int
) -> Dataset:
    """Read images and labels from two gzipped IDX files, the format of MNIST.

    Args:
        name: what the set is called.
        images: file of uint8 [N, H, W].
        labels: file of uint8 [N].
        classes: names of the labels.
        size: side of the square images in pixels.

    Raises:
        DownloadError: a file is damaged; it is removed.
    """
    stored = _read_idx(images, dimensions=3)[:, None]  # [N, 1, H, W]
    y = _read_idx(labels, dimensions=1).long()
    return Dataset(name, resize(stored, size), y, classes)


def _read_idx(path: Path, dimensions: int) -> Tensor:
    """Header: 0, 0, 8 (uint8), number of dimensions, then each as a big-endian int32."""
    try:
        content = gzip.decompress(path.read_bytes())
        if content[:4] != bytes((0, 0, 8, dimensions)):
            raise ValueError("another header")
        shape = np.frombuffer(content, ">i4", dimensions, offset=4).tolist()
        body = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions)
        return torch.from_numpy(body.reshape(shape).copy())
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise unreadable(path, error) from error


def read_cifar(name: str, path: Path, parts: tuple[str, ...], size: int) -> Dataset:
    """Read CIFAR-10's binary version: records of a label and 3 x 32 x 32 colour bytes.

    The Python version is a pickle, which can run code; this one is only bytes.

    Args:
        name: what the set is called.
        path: the .tar.gz archive.
        parts: names of the members to read.
        size: side of the square images in pixels.

    Raises:
        DownloadError: the file is damaged; it is removed.
    """
    try:
        with tarfile.open(path, "r:gz") as archive:
            content = b"".join(archive.extractfile(part).read() for part in parts)
        records = np.frombuffer(content, np.uint8).reshape(-1, 1 + 3 * 32 * 32)
    except (
        OSError,
        EOFError,
        zlib.error,
        tarfile.TarError,
        KeyError,
        ValueError,
        AttributeError,  # a member that is no file
    ) as error:
        raise unreadable(path, error) from error
    y = torch.from_numpy(records[:, 0].astype(np.int64))
    stored = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy())
    return Dataset(name, resize(stored, size), y, OBJECTS)


def _known(split: str, size: int) -> str:
    """Return the split; refuses what makes no sense before anything is downloaded."""
    if not isinstance(split, str) or split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", got {split!r}.')
    check_size(size)
    return split
