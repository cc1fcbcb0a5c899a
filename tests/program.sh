# What the scripts beside this one share; they source it. It sets `here`, the project's folder.
here=$(cd "$(dirname "$0")/.." && pwd)

# Prints the comment at the head of the script and ends it.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# Sets `bin` to the program under test: what `bin` holds already, else what is built here.
find_program() {
    if [ -z "$bin" ]; then
        (cd "$here" && cargo build --release)
        bin=${CARGO_TARGET_DIR:-$here/target}/release/tokensweep
    fi
    [ -x "$bin" ] || { echo "$bin is no program that can be run" >&2; exit 2; }
}
