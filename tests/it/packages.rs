//! The packages: one version in all places, and names that fit together.

use std::path::Path;

use regex::Regex;
use serde_json::Value;
use yaml_rust2::{Yaml, YamlLoader};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn npm_manifest() -> Value {
    serde_json::from_str(&read("npm/tokensweep/package.json")).unwrap()
}

fn cargo_manifest() -> toml::Table {
    read("Cargo.toml").parse().unwrap()
}

#[test]
fn every_package_has_the_version_of_the_crate() {
    let npm = npm_manifest();
    assert_eq!(npm["version"], VERSION);
    for (name, version) in npm["optionalDependencies"].as_object().unwrap() {
        assert_eq!(version, VERSION, "{name}");
    }
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let own = packages
        .iter()
        .find(|p| p["name"].as_str() == Some("tokensweep"));
    assert_eq!(own.unwrap()["version"].as_str(), Some(VERSION));
    let module: toml::Table = read("python/module/Cargo.toml").parse().unwrap();
    assert_eq!(module["package"]["version"].as_str(), Some(VERSION));
    let lock: toml::Table = read("python/module/Cargo.lock").parse().unwrap();
    for name in ["tokensweep", "tokensweep-python"] {
        let mut packages = lock["package"].as_array().unwrap().iter();
        let package = packages.find(|p| p["name"].as_str() == Some(name)).unwrap();
        assert_eq!(package["version"].as_str(), Some(VERSION), "{name}");
    }
    // The wheels take it from Cargo.toml, and so does what pre-commit installs.
    for (name, distribution) in [("wheel", "tokensweep"), ("module", "tokensweep-python")] {
        let file: toml::Table = read(&format!("python/{name}/pyproject.toml"))
            .parse()
            .unwrap();
        let project = &file["project"];
        assert_eq!(project["name"].as_str(), Some(distribution));
        let dynamic = project["dynamic"].as_array().unwrap();
        assert!(dynamic.iter().any(|key| key.as_str() == Some("version")));
        assert!(project.get("version").is_none());
    }
    // What the module says of itself is what it was built from.
    assert!(read("python/module/src/lib.rs").contains(r#"env!("CARGO_PKG_VERSION")"#));
}

#[test]
fn a_release_has_every_target_of_the_packages() {
    let script = read(".ci/package");
    let (_, targets) = script.split_once("defaults=(").unwrap();
    let (targets, _) = targets.split_once(')').unwrap();
    let workflow = read(".github/workflows/release.yml");
    let mut count = 0;
    for target in targets.split_whitespace() {
        let (cpu, system) = target.split_once('-').unwrap();
        assert!(workflow.contains(&format!("cpu: {cpu}}}")), "{target}");
        assert!(workflow.contains(&format!("--target \"$CPU-{system}\"")));
        count += 1;
    }
    assert_eq!(count, 4);
    assert!(script.contains("*-linux-gnu) make_module "));
}

#[test]
fn every_version_that_a_text_names_is_that_of_the_crate() {
    let named =
        Regex::new(r#"tokensweep[a-z0-9_-]*?[-_="@: ,]+(?:"version": "|v)?(\d+\.\d+\.\d+)"#)
            .unwrap();
    let mut count = 0;
    for name in [
        "README.md",
        "docs/install.md",
        "docs/reports.md",
        "docs/hooks.md",
        "docs/ci.md",
        "Dockerfile",
        "action.yml",
        ".pre-commit-hooks.yaml",
        "pyproject.toml",
        ".ci/tokensweep.rb.in",
        "python/pre-commit/release_wheel.py",
        ".ci/package",
        ".github/workflows/release.yml",
    ] {
        for version in named.captures_iter(&read(name)) {
            assert_eq!(&version[1], VERSION, "{name}: {}", &version[0]);
            count += 1;
        }
    }
    assert!(count >= 5, "{count}");
}

#[test]
fn the_npm_package_starts_a_program_that_is_packed_and_runs_nothing_at_installation() {
    let npm = npm_manifest();
    assert!(npm.get("scripts").is_none());
    // npm takes a package with a scope for a private one, unless it is told.
    assert_eq!(npm["publishConfig"]["access"], "public");
    let script = read(".ci/package");
    for name in npm["optionalDependencies"].as_object().unwrap().keys() {
        let platform = name.strip_prefix("@tokensweep/cli-").unwrap();
        assert!(script.contains(&format!("{platform}=")), "{platform}");
    }
    assert!(
        read("npm/tokensweep/bin/tokensweep.js").contains("`@tokensweep/cli-${platform}-${arch}`")
    );
}

#[test]
fn cargo_binstall_looks_for_the_archives_that_are_made() {
    let cargo = cargo_manifest();
    let binstall = &cargo["package"]["metadata"]["binstall"];
    let fill = |key: &str| {
        let text = binstall[key].as_str().unwrap();
        text.replace("{ name }", "tokensweep")
            .replace("{ target }", "$1")
            .replace("{ version }", "$version")
            .replace("{ bin }{ binary-ext }", "tokensweep")
    };
    let script = read(".ci/package");
    let name = fill("bin-dir").replace("/tokensweep", "");
    assert!(script.contains(&format!("name={name}\n")), "{name}");
    assert!(fill("pkg-url").ends_with(&format!("/v$version/{name}.tgz")));
}

#[test]
fn hooks_of_one_stage_differ_only_in_the_way_of_installation() {
    let hooks = YamlLoader::load_from_str(&read(".pre-commit-hooks.yaml"))
        .unwrap()
        .remove(0);
    let hooks = hooks.as_vec().unwrap();
    let find = |id: &str| hooks.iter().find(|h| h["id"].as_str() == Some(id)).unwrap();
    let mut count = 0;
    for (kind, language) in [("", "rust"), ("-wheel", "python"), ("-system", "system")] {
        for stage in ["", "-commit-msg", "-pre-push"] {
            let hook = find(&format!("tokensweep{kind}{stage}"));
            assert_eq!(hook["language"].as_str(), Some(language));
            let built = find(&format!("tokensweep{stage}"));
            for key in [
                "name",
                "entry",
                "args",
                "always_run",
                "require_serial",
                "stages",
            ] {
                assert_eq!(hook[key], built[key], "{kind}{stage}: {key}");
            }
            count += 1;
        }
    }
    assert_eq!(hooks.len(), count);
}

#[test]
fn a_release_runs_scripts_that_are_there_and_actions_of_fixed_commits() {
    let text = read(".github/workflows/release.yml");
    let workflow = YamlLoader::load_from_str(&text).unwrap().remove(0);
    let fixed = Regex::new("^actions/[a-z-]+@[0-9a-f]{40}$").unwrap();
    let script = Regex::new(r"(?m)^(\.ci|tests)/[a-z_.]+").unwrap();
    let mut scripts = 0;
    for (_, job) in workflow["jobs"].as_hash().unwrap() {
        for step in job["steps"].as_vec().unwrap() {
            if let Yaml::String(action) = &step["uses"] {
                assert!(fixed.is_match(action), "{action}");
            }
            for name in script.find_iter(step["run"].as_str().unwrap_or_default()) {
                assert!(!read(name.as_str()).is_empty());
                scripts += 1;
            }
        }
    }
    assert_eq!(scripts, 2);
}
