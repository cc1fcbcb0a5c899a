#!/usr/bin/env python3
"""Mints tokens that nobody ever issued, for the tests that are not part of the crate.

    tests/mint.py [PREFIX]      prints one, `ghp_` and 36 characters if nothing else is asked for
"""

import random
import sys
import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def token(rng, prefix="ghp_", damaged=False):
    """Six characters of its CRC-32 in base 62 after thirty random ones; the wrong six if it is to be damaged."""
    body = "".join(rng.choice(BASE62) for _ in range(30))
    crc, digits = (zlib.crc32(body.encode()) + damaged) % 2**32, ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        digits = BASE62[digit] + digits
    return prefix + body + digits


def any_token(rng):
    """A token of one of the kinds with forty characters."""
    return token(rng, "gh" + rng.choice("pous") + "_")


if __name__ == "__main__":
    print(token(random.SystemRandom(), *sys.argv[1:2]))
