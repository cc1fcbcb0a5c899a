//! Container images: a finding names its layer, what a later layer deletes is said, and the configuration has places.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::pack;

/// A layer with a secret in each of these paths; one that ends in a slash is a file without content.
fn layer(mint: &mut Mint, paths: &[&str]) -> Vec<u8> {
    let texts: Vec<(&str, Vec<u8>)> = paths
        .iter()
        .map(|path| {
            let secret = mint.new_token(Shape::Ghp);
            let text = [b"GITHUB_TOKEN=", &secret[..], b"\n"].concat();
            let is_mark = path.contains(".wh.");
            (*path, if is_mark { Vec::new() } else { text })
        })
        .collect();
    let members: Vec<(&str, &[u8])> = texts
        .iter()
        .map(|(path, text)| (*path, &text[..]))
        .collect();
    pack::tar(&members)
}

fn configuration(mint: &mut Mint) -> Vec<u8> {
    let secret = |mint: &mut Mint| String::from_utf8(mint.new_token(Shape::Gho)).unwrap();
    let config = json!({
        "config": {"Env": ["PATH=/bin", format!("GITHUB_TOKEN={}", secret(mint))]},
        "history": [
            {"created_by": "ADD file"},
            {"created_by": format!("RUN git clone https://x:{}@github.com/a/b", secret(mint)), "empty_layer": true},
        ],
    });
    config.to_string().into_bytes()
}

fn blob(bytes: &[u8]) -> String {
    let sum: String = Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("blobs/sha256/{sum}")
}

fn digest(bytes: &[u8]) -> Value {
    Value::from(blob(bytes).replace("blobs/sha256/", "sha256:"))
}

/// Members and places of all findings, sorted.
fn places(env: &Env, file: &str) -> Vec<(String, String)> {
    let run = env.run(&format!("scan {file} --format json")).expect(1);
    assert_eq!(run.json()["scan"]["skipped"], Value::Array(Vec::new()));
    run.places()
}

#[test]
fn the_layers_of_a_saved_image_are_numbered_and_deletions_said() {
    let env = Env::new();
    let mut mint = Mint::new(21);
    let layers = [
        layer(
            &mut mint,
            &["etc/app.env", "etc/other.env", "srv/a/b.env", "kept.env"],
        ),
        layer(&mut mint, &["./etc/.wh.app.env", "new.env"]),
        layer(&mut mint, &["srv/.wh..wh..opq", "etc/other.env.more/.wh.x"]),
    ];
    let config = configuration(&mut mint);
    let manifest = json!([{
        "Config": "c0.json",
        "RepoTags": ["app:1"],
        "Layers": ["3/layer.tar", "1/layer.tar", "2/layer.tar"],
    }]);
    let name = format!("{}.json", "c0".repeat(32));
    let manifest = manifest.to_string().replace("c0.json", &name);
    // The order of the members is not that of the layers, and what describes them comes last.
    let image = pack::tar(&[
        ("1/layer.tar", &layers[1]),
        ("2/layer.tar", &layers[2]),
        ("3/layer.tar", &layers[0]),
        (&name, &config),
        ("manifest.json", manifest.as_bytes()),
    ]);
    let wanted = |file: &str| {
        let one = |way: &str, place: &str| (format!("{file}!{way}"), place.to_owned());
        let mut wanted = vec![
            one(
                "3/layer.tar!etc/app.env",
                "layer 1, deleted in layer 2, still in the image",
            ),
            one("3/layer.tar!etc/other.env", "layer 1"),
            one(
                "3/layer.tar!srv/a/b.env",
                "layer 1, deleted in layer 3, still in the image",
            ),
            one("3/layer.tar!kept.env", "layer 1"),
            one("1/layer.tar!new.env", "layer 2"),
            one(&name, "image configuration, environment variable 2"),
            one(&name, "image configuration, history entry 2"),
        ];
        wanted.sort();
        wanted
    };
    env.write("image.tar", &image);
    assert_eq!(places(&env, "image.tar"), wanted("image.tar"));
    env.write("image.tgz", pack::gzip(&image));
    assert_eq!(places(&env, "image.tgz"), wanted("image.tgz"));
    env.write("in.zip", pack::zip(&[("image.tar", &image)]));
    assert_eq!(places(&env, "in.zip"), wanted("in.zip!image.tar"));
    let run = env.run("scan image.tar").expect(1);
    run.prints(
        "image.tar!3/layer.tar!etc/app.env:1:14 (layer 1, deleted in layer 2, still in the image)",
    );
}

#[test]
fn the_layers_of_an_oci_archive_are_found_by_their_digests() {
    let env = Env::new();
    let mut mint = Mint::new(22);
    let bottom = pack::gzip(&layer(&mut mint, &["a.env", "b.env"]));
    let top = pack::gzip(&layer(&mut mint, &[".wh.a.env", "c.env"]));
    let config = configuration(&mut mint);
    let manifest = json!({
        "config": {"digest": digest(&config)},
        "layers": [{"digest": digest(&bottom)}, {"digest": digest(&top)}],
    });
    let manifest = manifest.to_string().into_bytes();
    let inner = json!({"manifests": [
        {"digest": digest(&manifest)},
        {"digest": digest(b"gone"), "annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
    ]});
    let inner = inner.to_string().into_bytes();
    let index = json!({"manifests": [{"digest": digest(&inner)}]}).to_string();
    let names: Vec<String> = [&bottom, &top, &config, &manifest, &inner]
        .map(|b| blob(b))
        .into();
    env.write(
        "oci.tar",
        pack::tar(&[
            ("oci-layout", b"{\"imageLayoutVersion\": \"1.0.0\"}"),
            ("index.json", index.as_bytes()),
            (&names[0], &bottom),
            (&names[1], &top),
            (&names[2], &config),
            (&names[3], &manifest),
            (&names[4], &inner),
        ]),
    );
    let one =
        |name: &str, path: &str, place: &str| (format!("oci.tar!{name}{path}"), place.to_owned());
    let mut wanted = vec![
        one(
            &names[0],
            "!a.env",
            "layer 1, deleted in layer 2, still in the image",
        ),
        one(&names[0], "!b.env", "layer 1"),
        one(&names[1], "!c.env", "layer 2"),
        one(&names[2], "", "image configuration, environment variable 2"),
        one(&names[2], "", "image configuration, history entry 2"),
    ];
    wanted.sort();
    assert_eq!(places(&env, "oci.tar"), wanted);
}

#[test]
fn archives_that_describe_no_image_have_no_layers() {
    let env = Env::new();
    let mut mint = Mint::new(23);
    let inner = layer(&mut mint, &["a.env"]);
    for (file, manifest) in [
        ("none.tar", "{\"name\": \"an extension of a browser\"}"),
        ("other.tar", "[{\"Layers\": [\"y.tar\"]}]"),
        ("damaged.tar", "[{\"Layers\": [\"x.tar\""),
    ] {
        env.write(
            file,
            pack::tar(&[("manifest.json", manifest.as_bytes()), ("x.tar", &inner)]),
        );
        assert_eq!(
            places(&env, file),
            [(format!("{file}!x.tar!a.env"), String::new())]
        );
    }
}
