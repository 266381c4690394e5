"""Writes a file whole or not at all, whoever else is writing it.

Threads, processes and machines may write to one path at the same time: each writes a
temporary file of its own beside it and renames that, so a reader finds one of their files,
whole, and the last to rename decides which.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import platform
import secrets
import shutil
from pathlib import Path

NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def write_atomically(path: str | os.PathLike, content: bytes | memoryview) -> None:
    """Write a file beside `path` and rename it: a kill leaves the old file or the new one, whole.

    Args:
        path: where to; its folder is made if it is missing.
        content: all that the file shall hold.

    Raises:
        OSError: it cannot be written, as on a full disk; what was there is untouched.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a folder, or a device that renaming would replace
        raise OSError(errno.EINVAL, f"{path} is not a file: name the file to write.")
    temporary = path.with_name(f"{_beginning(path)}{os.getpid()}.{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # the bytes are on the disk before the name is
        os.replace(temporary, path)
        _keep_name(path.parent)
    except OSError as error:
        raise OSError(error.errno, _why_not(path, len(content), error)) from error
    finally:
        with contextlib.suppress(OSError):  # renamed already, or its folder is what is wrong
            temporary.unlink()


def _beginning(path: Path) -> str:
    """Begin a temporary name with the file's and with what process numbers are unique in."""
    try:
        inside = os.stat("/proc/self/ns/pid").st_ino  # containers of one machine count apart
    except OSError:
        inside = 0
    return f".{path.name[:50]}.{platform.node()[:50]}-{inside}."


def _remove_abandoned(path: Path) -> None:
    """Remove what killed processes of this machine have left; what may be at work stays."""
    if os.name != "posix":
        return  # elsewhere, asking after a process may end it
    for leftover in path.parent.glob(f"{glob.escape(_beginning(path))}*.tmp"):
        number = leftover.name.split(".")[-3]
        if number.isdecimal() and _has_ended(int(number)):
            leftover.unlink(missing_ok=True)


def _has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no process number
        return False
    return False


def _keep_name(folder: Path) -> None:
    """Put the renaming itself on the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _why_not(path: Path, size: int, error: OSError) -> str:
    """Say in one sentence why a file could not be written."""
    room = ""
    if error.errno in NO_ROOM:
        there = next(folder for folder in (path.parent, *path.parents) if folder.exists())
        free = shutil.disk_usage(there).free
        room = f" it needs {size / 1e6:,.1f} MB and {free / 1e6:,.1f} MB are free there;"
    reason = error.strerror or error
    return f"{path} could not be written ({reason}):{room} what was saved before is untouched."
