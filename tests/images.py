#!/usr/bin/env python3
"""Container images as other people's programs write them: umoci makes the layers, skopeo the archives, in the form of
`docker save` and in that of OCI. The findings name their layers, and say what a later layer deletes.

    apt-get install skopeo umoci
    tests/images.py [PROGRAM]

What is not installed is named as skipped.
"""

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

import mint

RNG = random.Random(20261129)
PROGRAM = str(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/tokensweep").resolve())


def tool(*command, cwd):
    done = subprocess.run(list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 0, (command, done)


def repack(folder, change):
    """Adds a layer with these changes of the files."""
    tool("umoci", "unpack", "--rootless", "--image", "img:app", "bundle", cwd=folder)
    change(folder / "bundle" / "rootfs")
    tool("umoci", "repack", "--image", "img:app", "bundle", cwd=folder)
    shutil.rmtree(folder / "bundle")


def make_secret(root, path):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"export GITHUB_TOKEN={mint.any_token(RNG)}\n")


def lowest(root):
    for path in ("etc/deleted.env", "etc/kept.env", "srv/folder/deep.env"):
        make_secret(root, path)


def upper(root):
    (root / "etc" / "deleted.env").unlink()
    make_secret(root, "etc/new.env")


def top(root):
    shutil.rmtree(root / "srv" / "folder")


def main():
    missing = [name for name in ("skopeo", "umoci") if shutil.which(name) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not installed; nothing was tested (apt-get install skopeo umoci)")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tool("umoci", "init", "--layout", "img", cwd=folder)
        tool("umoci", "new", "--image", "img:app", cwd=folder)
        for change in (lowest, upper, top):
            repack(folder, change)
        secret = mint.any_token(RNG)
        tool("umoci", "config", "--image", "img:app", "--config.env", f"GITHUB_TOKEN={secret}", cwd=folder)
        wanted = {
            "etc/deleted.env": "layer 1, deleted in layer 2, still in the image",
            "etc/kept.env": "layer 1",
            "srv/folder/deep.env": "layer 1, deleted in layer 3, still in the image",
            "etc/new.env": "layer 2",
            None: "image configuration, environment variable",
        }
        # The daemon names layers in another way than the archive of skopeo, which has the same form.
        for form in ("docker-archive", "oci-archive"):
            file = folder / f"{form}.tar"
            tool("skopeo", "--insecure-policy", "copy", "oci:img:app", f"{form}:{file}:app:1", cwd=folder)
            done = subprocess.run([PROGRAM, "scan", file, "--format", "json"], capture_output=True, check=False)
            assert done.returncode == 1, done
            report = json.loads(done.stdout)
            assert not report["scan"]["skipped"], report["scan"]
            found = {}
            for finding in report["findings"]:
                member = finding["origin"]["member"].split("!")
                # The archive of skopeo contains the configuration once more, for old programs.
                found[member[2] if len(member) > 2 else None] = finding["origin"].get("place")
            for path, place in wanted.items():
                assert found.pop(path).startswith(place), (form, path, found)
            assert not found, (form, found)
            print(f"{form}: ok, {len(wanted)} secrets")


main()
