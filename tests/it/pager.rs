//! Pager: Ctrl-C is one of its keys and does not end the program before it.

use std::process::Command;

use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, run_to_end};

/// Runs the program on a terminal of its own, presses Ctrl-C while the pager is shown, and prints the exit code.
const TERMINAL: &str = r#"
import fcntl, os, pty, signal, struct, sys, termios, time
program, folder = sys.argv[1], sys.argv[2]
child, terminal = pty.fork()
if child == 0:
    # A job in the background ignores it, and its children do too.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.chdir(folder)
    os.execvp(program, [program, "scan", "a.env", "-v"])
until = time.monotonic() + 60
while not os.path.exists(folder + "/shown") and time.monotonic() < until:
    time.sleep(0.01)
os.write(terminal, b"\x03")
while not os.path.exists(folder + "/interrupted") and time.monotonic() < until:
    time.sleep(0.01)
open(folder + "/go", "w").close()
try:
    while os.read(terminal, 4096):
        pass
except OSError:
    pass
_, status = os.waitpid(child, 0)
print("signal", status & 127, "exit", status >> 8)
"#;

/// Pager that shows nothing, and goes on after Ctrl-C as `less` does.
const PAGER: &str = "trap 'touch interrupted' INT\ncat >text\ntouch shown\nwhile [ ! -e go ]; do sleep 0.02; done\n\
                     exit 0\n";

#[test]
fn ctrl_c_leaves_the_program_to_its_pager() {
    let env = Env::new();
    let mut mint = Mint::new(3);
    let lines = (0..40).map(|_| {
        let token = String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
        format!("T={token}\n")
    });
    env.write("a.env", lines.collect::<String>());
    env.write("pager.sh", PAGER);
    let mut python = Command::new("python3");
    python
        .args(["-c", TERMINAL, env!("CARGO_BIN_EXE_tokensweep")])
        .arg(env.root())
        .env_remove("CI")
        .env("TERM", "xterm")
        .env("HOME", env.root())
        .env("PAGER", "sh pager.sh");
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("python3 is not here, so the pager is not tested");
        return;
    }
    let run = run_to_end(python, b"");
    assert_eq!(run.stdout.trim(), "signal 0 exit 1", "{}", run.stderr);
    assert!(env.root().join("interrupted").exists());
    let text = std::fs::read_to_string(env.root().join("text")).unwrap();
    assert!(text.contains("40 leaks"), "{text}");
}
