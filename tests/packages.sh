#!/usr/bin/env bash
# Installs the packages that .ci/package built, each in a place of its own, and uses the program from there. Needs
# python3, npm and dpkg-deb, and no network. Packages for another processor are unpacked, and the program in them is run
# if qemu-user is installed.
#
#     tests/packages.sh [FOLDER]
#
# FOLDER   where the packages are; without it, target/package/out
set -euo pipefail
. "$(dirname "$0")/program.sh"

[ $# -le 1 ] || usage
out=$(realpath "${1:-$here/target/package/out}")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/Cargo.toml" | head -1)
machine=$(uname -m)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/work"
printf 'TOKEN=%s\n' "$(python3 "$here/tests/mint.py")" >"$tmp/work/a.env"
echo 'print("hello")' >"$tmp/work/clean.py"
cd "$tmp/work"

fail() { echo "FAILED: $*" >&2; exit 1; }

# works WHAT COMMAND...: the command is the program; it must find the token, and nothing where there is none.
works() {
    local what=$1 code=0
    shift
    [ "$("$@" --version)" = "tokensweep $version" ] || fail "$what: wrong version"
    "$@" scan clean.py >/dev/null || fail "$what: exit $? for a clean file"
    "$@" scan a.env >"$tmp/said" || code=$?
    [ $code -eq 1 ] || fail "$what: exit $code for a token"
    grep -q 'a.env:1:7' "$tmp/said" || fail "$what: the place of the token is not told"
    "$@" scan missing >/dev/null 2>&1 && fail "$what: a missing file is no trouble" || code=$?
    [ $code -eq 2 ] || fail "$what: exit $code for a missing file"
    echo "ok: $what"
}

# has FILE...: files that must be there, those of manual pages with or without compression.
has() {
    local file
    for file; do [ -s "$file" ] || [ -s "$file.gz" ] || fail "$file is missing"; done
}

size() { echo "    $(stat -c %s "$1") bytes: $(basename "$1")"; }

archive() {
    local name=tokensweep-$1-v$version
    tar -xzf "$out/$name.tgz" -C "$tmp"
    works "archive for $1" "$tmp/$name/tokensweep"
    has "$tmp/$name"/{README.md,LICENSE-MIT,LICENSE-APACHE} "$tmp/$name"/share/man/man1/tokensweep{,-scan,-hook-install}.1
    has "$tmp/$name"/share/completions/{tokensweep.bash,_tokensweep,tokensweep.fish}
    size "$out/$name.tgz"
}

# Nothing but the program is in the root: no C library, no folder for temporary files.
empty_root() {
    local root=$tmp/root
    mkdir "$root"
    cp "$tmp/tokensweep-$machine-unknown-linux-musl-v$version/tokensweep" ./* "$root"
    [ "$(id -u)" = 0 ] || { echo "skipped: only root can change the root folder"; return; }
    cd "$root"
    works "program in an empty root" chroot "$root" /tokensweep
    cd "$tmp/work"
}

wheel() {
    SECONDS=0
    python3 -m venv "$tmp/venv"
    "$tmp/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$out" tokensweep
    echo "    a new environment and the wheel after $SECONDS s"
    works "wheel" "$tmp/venv/bin/tokensweep"
    has "$tmp"/venv/share/man/man1/tokensweep{,-scan,-hook-install}.1
    has "$tmp/venv/share/bash-completion/completions/tokensweep" "$tmp/venv/share/zsh/site-functions/_tokensweep"
    has "$tmp/venv/share/fish/vendor_completions.d/tokensweep.fish" "$tmp/venv/share/doc/tokensweep/LICENSE-MIT"
    size "$out"/tokensweep-"$version"-*"_$machine.whl"
}

# The module for Python beside the wheel of the program; only a build for this machine with glibc has it.
module() {
    local file
    file=$(find "$out" -name "tokensweep_python-$version-*_$machine.whl")
    [ -n "$file" ] || { echo "skipped: no module for Python was built"; return; }
    "$tmp/venv/bin/pip" install --quiet --disable-pip-version-check --no-index --find-links "$out" tokensweep-python
    "$tmp/venv/bin/python" - "$version" a.env <<'END' || fail "module for Python"
import pickle, sys, tokensweep
assert tokensweep.__version__ == sys.argv[1]
text = open(sys.argv[2]).read()
scanner = pickle.loads(pickle.dumps(tokensweep.Scanner()))
[finding] = scanner.scan(text, path=sys.argv[2])
assert finding.start == 6 and finding.secret is None
redacted, table = scanner.redact_array(["clean", None, text])
assert [row["row"] for row in table.to_pylist()] == [2] and "REDACTED" in redacted.to_pylist()[2]
END
    echo "ok: module for Python"
    works "wheel beside the module" "$tmp/venv/bin/tokensweep"
    size "$file"
}

npm_package() {
    local cpu=x64
    [ "$machine" != aarch64 ] || cpu=arm64
    # npm asks the registry for the optional dependencies that are not named; the address is that of nothing.
    npm install --silent --no-audit --no-fund --offline --global --prefix "$tmp/npm" \
        "$out/tokensweep-cli-linux-$cpu-$version.tgz" "$out/tokensweep-$version.tgz"
    works "npm packages" "$tmp/npm/bin/tokensweep"
    has "$tmp"/npm/share/man/man1/tokensweep{,-scan}.1
    has "$tmp"/npm/lib/node_modules/tokensweep/completions/{tokensweep.bash,_tokensweep,tokensweep.fish}
    size "$out/tokensweep-cli-linux-$cpu-$version.tgz"
    size "$out/tokensweep-$version.tgz"
}

debian() {
    local arch=amd64 package
    [ "$machine" != aarch64 ] || arch=arm64
    package=$(echo "$out"/tokensweep_"$version"*_$arch.deb)
    dpkg-deb -x "$package" "$tmp/deb"
    works "Debian package" "$tmp/deb/usr/bin/tokensweep"
    has "$tmp"/deb/usr/share/man/man1/tokensweep{,-scan,-hook-install}.1
    has "$tmp/deb/usr/share/bash-completion/completions/tokensweep"
    has "$tmp/deb/usr/share/zsh/vendor-completions/_tokensweep"
    has "$tmp/deb/usr/share/fish/vendor_completions.d/tokensweep.fish" "$tmp/deb/usr/share/doc/tokensweep/copyright"
    size "$package"
}

# Packages for another processor: all with musl contain the program that is in the archive.
foreign() {
    local other=$1 cpu=$2 arch=$3 name=tokensweep-$1-unknown-linux-musl-v$version gnu=tokensweep-$1-unknown-linux-gnu-v$version emulator=qemu-$1 file
    [ -e "$out/$name.tgz" ] || { echo "skipped: no packages for $other were built"; return; }
    for file in "$out"/tokensweep-"$other"-*.tgz; do
        tar -xzf "$file" -C "$tmp"
        size "$file"
    done
    for file in "$out"/*-"$version"-*"_$other.whl"; do
        python3 -m zipfile -e "$file" "$tmp/$other"
        size "$file"
    done
    dpkg-deb -x "$out/tokensweep_$version-1_$arch.deb" "$tmp/$other"
    tar -xzf "$out/tokensweep-cli-linux-$cpu-$version.tgz" -C "$tmp/$other"
    for file in "$tmp/$other/tokensweep-$version.data/scripts/tokensweep" "$tmp/$other/usr/bin/tokensweep" \
        "$tmp/$other/package/tokensweep"; do
        cmp "$file" "$tmp/$name/tokensweep" || fail "$file is not the program in the archive"
    done
    echo "ok: packages for $other contain one program"
    # A target with glibc has a program and the module.
    [ ! -e "$tmp/$gnu" ] || [ -s "$tmp/$other/tokensweep/_native.abi3.so" ] || fail "no module for $other"
    command -v "$emulator" >/dev/null || { echo "skipped: $emulator, which runs it, is not installed"; return; }
    works "static program for $other" "$emulator" "$tmp/$name/tokensweep"
    [ -e "$tmp/$gnu" ] && [ -d "/usr/$other-linux-gnu/lib" ] || { echo "skipped: program with glibc for $other"; return; }
    works "program with glibc for $other" "$emulator" -L "/usr/$other-linux-gnu" "$tmp/$gnu/tokensweep"
}

for name in "$out"/tokensweep-"$machine"-*.tgz; do
    name=$(basename "$name" "-v$version.tgz")
    archive "${name#tokensweep-}"
done
empty_root
wheel
module
npm_package
debian
case $machine in
x86_64) foreign aarch64 arm64 arm64 ;;
aarch64) foreign x86_64 x64 amd64 ;;
esac
(cd "$out" && sha256sum --quiet --check SHA256SUMS) || fail "the checksums do not hold"
echo "all good"
