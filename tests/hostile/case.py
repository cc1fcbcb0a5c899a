"""A hostile or broken input, with what the program must say of it."""

import dataclasses
import random
import re

import mint

RNG = random.Random(20261127)

# Reasons that stand for a limit, for damage and for encryption.
LIMIT = re.compile(r"raises the limit|opens more|more than 64 MiB")
DAMAGED = re.compile(r"damaged: |ends too early")
ENCRYPTED = re.compile("encrypted, not read")
SOME = re.compile(".")


@dataclasses.dataclass
class Case:
    """One input. `said` matches the reason that must be given; None means that all of it must be read; "either" that
    it may be read or said. `finds` is the number of tokens that must be found all the same."""

    name: str
    content: bytes
    said: object = "either"
    finds: int = 0
    flags: tuple = ()
    # Memory in MiB above that of an ordinary file: the window of a decoder, and its tables.
    memory: int = 66


def token():
    return mint.any_token(RNG).encode()


def line():
    return b"TOKEN=" + token() + b"\n"


def noise(length, seed=1):
    """Bytes that no compression makes smaller."""
    return random.Random(seed).randbytes(length)
