"""Build backend of an empty package whose only requirement is the wheel of tokensweep in the version of this checkout.

pre-commit installs it for the hooks `tokensweep-wheel*`, so that pip looks for that wheel and nothing is compiled.
It needs nothing but Python, so that pip with `--no-index` can build it.
"""

import re
import zipfile
from pathlib import Path

NAME = "tokensweep_hooks"
ROOT = Path(__file__).resolve().parents[2]


def read_version():
    """Returns the version of the package in Cargo.toml."""
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "([^"]+)"$', text, re.MULTILINE).group(1)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel into a folder and returns its name."""
    version = read_version()
    # A version of Cargo such as 0.2.0-rc.1 is valid for pip; a file name may not contain its hyphen.
    public = version.replace("-rc.", "rc").replace("-beta.", "b").replace("-alpha.", "a")
    info = f"{NAME}-{public}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {public}\n"
        f"Requires-Dist: tokensweep=={public}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tokensweep\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    names = [*files, f"{info}/RECORD"]
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in names)
    wheel = f"{NAME}-{public}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel


def build_sdist(sdist_directory, config_settings=None):
    """Refuses: this package is not for distribution."""
    raise NotImplementedError("build the source distribution from python/wheel")
