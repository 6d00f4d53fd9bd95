"""Compressed images become stored values, several at a time.

A room of its own below ``study``, so that a helper process loads nothing but decoders.
"""

from calcidect.codecs._decode import Coding, decode
from calcidect.codecs._workers import Workers, expected_seconds

__all__ = ["Coding", "Workers", "decode", "expected_seconds"]
