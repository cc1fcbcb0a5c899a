#!/usr/bin/env python3
"""Mints tokens that nobody ever issued, for the tests that are not part of the crate.

    tests/mint.py [PREFIX]      prints one, `ghp_` and 36 characters if nothing else is asked for
"""

import base64
import hashlib
import random
import sys
import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def text(rng, length):
    return "".join(rng.choice(BASE62) for _ in range(length))


def token(rng, prefix="ghp_", damaged=False):
    """Six characters of its CRC-32 in base 62 after thirty random ones, or seventy of a refresh token; the wrong six if
    it is to be damaged."""
    body = text(rng, 70 if prefix == "ghr_" else 30)
    crc, digits = (zlib.crc32(body.encode()) + damaged) % 2**32, ""
    for _ in range(6):
        crc, digit = divmod(crc, 62)
        digits = BASE62[digit] + digits
    return prefix + body + digits


def fine_grained(rng):
    """A token of a random account: eight characters of a SHA-256 in base 32, before the last eight."""
    owner = base64.b32encode(rng.randrange(200_000_000).to_bytes(4, "big")).decode()[:7]
    head = f"github_pat_11{owner}0{text(rng, 12)}_{text(rng, 43)}"
    return head + base64.b32encode(hashlib.sha256(head.encode()).digest()).decode()[:8] + text(rng, 8)


def any_token(rng):
    """A token of one of the kinds with forty characters."""
    return token(rng, "gh" + rng.choice("pous") + "_")


if __name__ == "__main__":
    print(token(random.SystemRandom(), *sys.argv[1:2]))
