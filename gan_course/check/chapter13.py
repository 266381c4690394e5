"""The exercises of chapter 13: style."""

from .adain import borrowed as borrowed
from .crossing import crossed as crossed
from .demodulation import demodulated as demodulated
from .holding import holding as holding
from .shrinking import shrunk as shrunk
from .uneven_paths import path_lengths as path_lengths
