"""The exercises of chapter 15: inference."""

from .accounts import accounts as accounts
from .afterwards import afterwards as afterwards
from .drawing import drawing as drawing
from .equilibria import equilibria as equilibria
from .ranked import ranked as ranked
from .turned import turned as turned
