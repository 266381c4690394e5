"""Fetch a published file: checked, cached, retried, and never left half done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

INSTEAD = "use the embedded data sets digits() or glyphs() instead"


class DownloadError(OSError):
    """A file could not be fetched or read; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Source:
    """A published file.

    Args:
        name: file name in the cache folder.
        urls: mirrors, tried in this order.
        checksum: as pooch writes it, "md5:..." or "sha256:...".
    """

    name: str
    urls: tuple[str, ...]
    checksum: str


def cache_folder() -> Path:
    """Where downloads are kept: $GAN_COURSE_DATA if set, else the system's cache folder."""
    import pooch

    return Path(os.environ.get("GAN_COURSE_DATA") or pooch.os_cache("gan_course")).expanduser()


def fetch(source: Source, folder: Path | None = None, retries: int = 2) -> Path:
    """Return the file from the cache, or download it from the first mirror that works.

    The download goes to a temporary file, which takes its name only if the checksum agrees.

    Args:
        source: what to fetch.
        folder: where to keep it; None means `cache_folder()`.
        retries: further attempts per mirror, with a pause of a second or two before each.

    Returns:
        Path of the file.

    Raises:
        DownloadError: no mirror delivered the file; nothing is left behind.
    """
    import pooch

    reasons = []
    for url in source.urls:
        shelf = pooch.create(
            path=Path(folder or cache_folder()),
            base_url="",
            registry={source.name: source.checksum},
            urls={source.name: url},
            retry_if_failed=retries,
        )
        download = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16, timeout=(5, 30))
        try:
            return Path(shelf.fetch(source.name, downloader=download))
        except (OSError, ValueError) as error:  # pooch raises ValueError for a wrong checksum
            reasons.append(_reason(error, url))
    raise DownloadError(f"{source.name} could not be downloaded ({', '.join(reasons)}): {INSTEAD}.")


def unreadable(path: Path, error: Exception) -> DownloadError:
    """Remove a cached file that cannot be parsed, and return the error to raise.

    A file that the system does not let us read may be whole: it stays.
    """
    try:
        if getattr(error, "errno", None) is not None:
            raise error
        path.unlink(missing_ok=True)
    except OSError as refusal:
        return DownloadError(f"{path} cannot be read ({refusal.strerror or refusal}): {INSTEAD}.")
    return DownloadError(
        f"{path.name} is damaged ({type(error).__name__}) and was removed from the cache: "
        f"load it again, or {INSTEAD}."
    )


def _reason(error: Exception, url: str) -> str:
    import requests

    host = url.split("/")[2]
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        return f"what {host} sent does not match the published checksum"
    if isinstance(error, requests.HTTPError):
        return f"{host} answered HTTP {error.response.status_code}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"the transfer from {host} broke off"
    if isinstance(error, requests.Timeout):
        return f"{host} did not answer in time"
    if isinstance(error, requests.RequestException):
        return f"no connection to {host}"
    return f"the cache folder cannot be written, {error.strerror or error}"
