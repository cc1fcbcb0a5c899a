//! The selftest passes on a good installation and fails where the settings blind it.

use crate::env::Env;

#[test]
fn a_good_installation_passes_and_leaves_nothing_behind() {
    let env = Env::new();
    let mut command = env.command();
    let temp = env.root().join("tmp");
    std::fs::create_dir(&temp).unwrap();
    command
        .arg("selftest")
        .env("TMPDIR", &temp)
        .env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        said.contains("ok    the pre-commit hook refuses a staged token\n"),
        "{said}"
    );
    assert!(
        said.contains("ok    the history still holds it\n"),
        "{said}"
    );
    assert_eq!(std::fs::read_dir(temp).unwrap().count(), 0);
}

#[test]
fn a_configuration_that_blinds_the_scanner_fails_it() {
    for (config, why) in [
        (
            "[[accept]]\npaths = ['**']\nreason = 'all'\n",
            "it is accepted by configuration",
        ),
        (
            "[[accept]]\npaths = ['src/']\nreason = 'all'\n",
            "in src/selftest.py it is accepted",
        ),
        (
            "exclude-rules = ['github-pat']\n",
            "it is accepted by configuration",
        ),
    ] {
        let env = Env::new();
        env.write("tokensweep.toml", config);
        let run = env.run("selftest").expect(1);
        assert!(
            run.stdout.contains("FAIL  a ghp token") && run.stdout.contains(why),
            "{}",
            run.stdout
        );
    }
    let env = Env::new();
    let run = env
        .run("selftest --exclude-rule npm-access-token")
        .expect(1);
    assert!(run.stdout.contains("FAIL  a npm token"), "{}", run.stdout);
}
