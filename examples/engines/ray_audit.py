"""Ray: hands out repositories to the machines of a cluster, each of which clones and audits some of them at a time.

ray_audit.py LIST OUT brings the results of the repositories whose addresses LIST names, one a line, into the folder OUT.
`tokensweep audit merge OUT` makes one report of them. Every machine needs git and `tokensweep` on its PATH.
"""

import pathlib
import subprocess
import sys
import tempfile

import ray

PART = 20  # clones that a processor has on the disk at a time


@ray.remote(num_cpus=1)
def audit_part(addresses):
    """The files of results of some repositories, by name, and the names of those that could not be cloned."""
    with tempfile.TemporaryDirectory() as folder:
        names, failed = [], []
        for address in addresses:
            name = "/".join(address.rstrip("/").split("/")[-2:])
            done = subprocess.run(["git", "clone", "--quiet", "--mirror", address, name], cwd=folder, check=False)
            (failed if done.returncode else names).append(name)
        pathlib.Path(folder, "list").write_text("".join(name + "\n" for name in names))
        audit = ["tokensweep", "audit", "list", "--output-dir", "results", "--threads", "1", "--no-config", "--quiet"]
        if names:
            subprocess.run([*audit, "--exit-zero"], cwd=folder, check=False, stdout=subprocess.DEVNULL)
        return {file.name: file.read_bytes() for file in pathlib.Path(folder, "results").glob("*")}, failed


addresses, out = pathlib.Path(sys.argv[1]).read_text().split(), pathlib.Path(sys.argv[2])
out.mkdir(exist_ok=True)
waiting = [audit_part.remote(addresses[at : at + PART]) for at in range(0, len(addresses), PART)]
for part in waiting:
    files, failed = ray.get(part)
    for name, data in files.items():
        out.joinpath(name).write_bytes(data)
    sys.stderr.writelines(f"not cloned: {name}\n" for name in failed)
