//! Container images in an archive, as `docker save` writes them or in the layout of OCI: their layers in order, and what a
//! later layer deletes. The members are read like those of any archive; only the places come from here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::image_json::find_steps;
use super::member::join_way;
use crate::span::DocumentPlace;

/// Number of bytes of descriptions that are held.
const MOST_HELD: usize = 4 << 20;

/// Maximum number of deleted paths that are held.
const MOST_DELETED: usize = 100_000;

/// Length in bytes of the longest configuration whose parts are named.
const MOST_CONFIGURATION: usize = 256 << 10;

/// Maximum number of indexes inside each other.
const MOST_INDEXES: usize = 4;

/// Mark of a path in a layer that deletes the path of this name in the layers below.
const DELETED: &str = ".wh.";

/// Name of a file that hides all files of its folder in the layers below.
const OPAQUE: &str = ".wh..opq";

/// Facts about the images in the archives of one file, collected while the archives are read, in any order.
#[derive(Debug, Default)]
pub(crate) struct ImageFacts {
    /// Descriptions of images by the way to the archive, each with the name of its member.
    texts: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    held: usize,
    /// Deleted paths by the way to the layer; the path of a folder whose files are all hidden ends in a slash.
    deleted: BTreeMap<String, BTreeSet<String>>,
    deletions: usize,
}

/// Images of one file, from which places are named.
#[derive(Debug)]
pub(crate) struct ImagePlaces<'f> {
    facts: &'f ImageFacts,
    /// Images by the way to their archive.
    images: Vec<(&'f str, Vec<ContainerImage>)>,
}

/// Image with its layers.
#[derive(Debug)]
struct ContainerImage {
    name: Option<String>,
    /// Name of the member that is the configuration.
    configuration: String,
    /// Names of the members that are the layers, from the lowest.
    layers: Vec<String>,
}

impl ImageFacts {
    /// Returns the number of bytes of a description that may still be held; 0 if the member of this name, whose content
    /// begins with this byte, is none.
    #[must_use]
    pub(crate) fn room_for(&self, name: &str, first: Option<u8>) -> usize {
        let name = name.strip_prefix("./").unwrap_or(name);
        let is_description = match name {
            "manifest.json" | "index.json" => true,
            _ => is_blob(name) || is_old_configuration(name),
        };
        if is_description && matches!(first, Some(b'{' | b'[')) {
            MOST_HELD.saturating_sub(self.held)
        } else {
            0
        }
    }

    /// Takes the description in the member of this name.
    pub(crate) fn add_text(&mut self, archive: &str, name: &str, text: &[u8]) {
        self.held += text.len();
        let name = name.strip_prefix("./").unwrap_or(name).to_owned();
        let texts = self.texts.entry(archive.to_owned()).or_default();
        texts.insert(name, text.to_vec());
    }

    /// Takes a path in a layer, which may delete another one.
    pub(crate) fn add_path(&mut self, layer: &str, path: &[u8]) {
        let path = String::from_utf8_lossy(path);
        let path = clean_path(&path);
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(name) = name
            .strip_prefix(DELETED)
            .filter(|_| self.deletions < MOST_DELETED)
        else {
            return;
        };
        self.deletions += 1;
        let deleted = match (folder, name) {
            (folder, OPAQUE) => format!("{folder}/"),
            ("", name) => name.to_owned(),
            (folder, name) => format!("{folder}/{name}"),
        };
        self.deleted
            .entry(layer.to_owned())
            .or_default()
            .insert(deleted);
    }

    /// Returns the images, once all archives have been read; `None` if there is none.
    #[must_use]
    pub(crate) fn list_places(&self) -> Option<ImagePlaces<'_>> {
        let texts = self.texts.iter();
        let images = texts.map(|(archive, texts)| (archive.as_str(), list_images(texts)));
        let images: Vec<_> = images.filter(|(_, images)| !images.is_empty()).collect();
        (!images.is_empty()).then_some(ImagePlaces {
            facts: self,
            images,
        })
    }
}

impl ImagePlaces<'_> {
    /// Returns the place of a byte of the member on this way, if it belongs to an image.
    #[must_use]
    pub(crate) fn find_place(&self, way: &str, at: u64) -> Option<DocumentPlace> {
        // An archive may be in an archive: the one around the member is the innermost.
        self.images.iter().rev().find_map(|(archive, images)| {
            let inside = way.strip_prefix(archive)?.strip_prefix('!')?;
            images.iter().find_map(|image| {
                let place = self.place_in(image, archive, inside, at)?;
                let name = image.name.as_deref().filter(|_| images.len() > 1);
                Some(match name {
                    Some(name) => place.inside(&DocumentPlace::of_name("image", name)),
                    None => place,
                })
            })
        })
    }

    fn place_in(
        &self,
        image: &ContainerImage,
        archive: &str,
        inside: &str,
        at: u64,
    ) -> Option<DocumentPlace> {
        let member = clean_path(inside);
        if member == image.configuration || is_old_configuration(member) {
            let text = self.facts.texts.get(archive)?.get(member)?;
            return Some(place_in_configuration(text, usize::try_from(at).ok()?));
        }
        let mut layers = image.layers.iter().enumerate();
        let (number, path) = layers.find_map(|(number, layer)| {
            let rest = clean_path(inside).strip_prefix(layer.as_str())?;
            let is_own = rest.is_empty() || rest.starts_with('!');
            is_own.then(|| (number, rest.strip_prefix('!').unwrap_or("")))
        })?;
        let place = DocumentPlace::of_number("layer", number as u64 + 1);
        // What is in an archive is deleted with it.
        let path = clean_path(path.split('!').next().unwrap_or(path));
        let deletes = |layer: &String| {
            let ways = [layer.clone(), format!("./{layer}")];
            let lists = ways.iter().map(|layer| join_way(archive, layer.as_bytes()));
            let mut lists = lists.filter_map(|way| self.facts.deleted.get(&way));
            lists.any(|deleted| is_deleted(deleted, path))
        };
        let later = image.layers[number + 1..].iter().position(deletes);
        Some(match later {
            Some(later) => place
                .then_number("deleted in layer", (number + later) as u64 + 2)
                .then_word("still in the image"),
            None => place,
        })
    }
}

/// Returns true if one of these deletions hides this path, or a folder that contains it.
fn is_deleted(deleted: &BTreeSet<String>, path: &str) -> bool {
    let folders = path.match_indices('/').map(|(at, _)| at);
    let mut folders = folders.map(|at| (&path[..at], &path[..=at]));
    deleted.contains(path)
        || deleted.contains("/")
        || folders.any(|(folder, all)| deleted.contains(folder) || deleted.contains(all))
}

/// Returns a path in an archive without the parts that lead nowhere.
fn clean_path(path: &str) -> &str {
    path.trim_start_matches("./").trim_matches('/')
}

/// Returns true if the member of this name may be named by its checksum.
fn is_blob(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.strip_suffix(".json").unwrap_or(last);
    stem.len() == 64 && stem.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Returns true if the member of this name may be the configuration of a layer, which old programs read.
fn is_old_configuration(name: &str) -> bool {
    name.strip_suffix("/json").is_some_and(is_blob)
}

/// Returns the images that these descriptions name.
fn list_images(texts: &BTreeMap<String, Vec<u8>>) -> Vec<ContainerImage> {
    let parse = |name: &str| serde_json::from_slice::<Value>(texts.get(name)?).ok();
    if let Some(Value::Array(images)) = parse("manifest.json") {
        return images.iter().filter_map(read_docker_image).collect();
    }
    let mut images = Vec::new();
    if let Some(index) = parse("index.json") {
        read_index(&index, &parse, MOST_INDEXES, &mut images);
    }
    images
}

/// Reads one image of the list that `docker save` writes.
fn read_docker_image(image: &Value) -> Option<ContainerImage> {
    let text = |value: &Value| value.as_str().map(|text| clean_path(text).to_owned());
    let layers = image["Layers"].as_array()?.iter();
    Some(ContainerImage {
        name: text(&image["RepoTags"][0]),
        configuration: text(&image["Config"]).unwrap_or_default(),
        layers: layers.map(text).collect::<Option<_>>()?,
    })
}

/// Reads the images of an index of OCI, which may name further indexes.
fn read_index(
    index: &Value,
    parse: &dyn Fn(&str) -> Option<Value>,
    depth: usize,
    images: &mut Vec<ContainerImage>,
) {
    let manifests = index["manifests"].as_array();
    for entry in manifests.into_iter().flatten() {
        let notes = &entry["annotations"];
        // A statement about how an image was built is stored like an image.
        if !notes["vnd.docker.reference.type"].is_null() {
            continue;
        }
        let Some(manifest) = blob_name(entry).and_then(|name| parse(&name)) else {
            continue;
        };
        if let Some(depth) = depth.checked_sub(1)
            && manifest["manifests"].is_array()
        {
            read_index(&manifest, parse, depth, images);
            continue;
        }
        let layers = manifest["layers"].as_array().into_iter().flatten();
        let named = notes["io.containerd.image.name"].as_str();
        let named = named.or(notes["org.opencontainers.image.ref.name"].as_str());
        images.push(ContainerImage {
            name: named.map(str::to_owned),
            configuration: blob_name(&manifest["config"]).unwrap_or_default(),
            layers: layers.filter_map(blob_name).collect(),
        });
    }
}

/// Returns the name of the member that contains what a descriptor describes.
fn blob_name(descriptor: &Value) -> Option<String> {
    let (kind, sum) = descriptor["digest"].as_str()?.split_once(':')?;
    Some(format!("blobs/{kind}/{sum}"))
}

/// Returns the place of a byte of the configuration of an image.
fn place_in_configuration(text: &[u8], at: usize) -> DocumentPlace {
    let place = DocumentPlace::of_word("image configuration");
    if text.len() > MOST_CONFIGURATION {
        return place;
    }
    let steps = find_steps(text, at);
    let names: Vec<&str> = steps.iter().map(|(key, _)| key.as_str()).collect();
    match (names.as_slice(), steps.as_slice()) {
        (["config" | "container_config", "Env"], [.., (_, Some(number))]) => {
            place.then_number("environment variable", *number)
        }
        (["history", ..], [(_, Some(number)), ..]) => place.then_number("history entry", *number),
        _ => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_hides_its_path_and_all_below_it() {
        for (deleted, path, is_hidden) in [
            ("a/b", "a/b", true),
            ("a/b", "a/b/c", true),
            ("a/b", "a/bc", false),
            ("a/", "a/b", true),
            ("a/", "ab", false),
            ("/", "x", true),
            ("b", "a/b", false),
        ] {
            let set = BTreeSet::from([deleted.to_owned()]);
            assert_eq!(is_deleted(&set, path), is_hidden, "{deleted} {path}");
        }
        let mut facts = ImageFacts::default();
        for path in [
            "./etc/.wh.a.env",
            ".wh.top",
            "var/.wh..wh..opq",
            "etc/plain",
        ] {
            facts.add_path("!l", path.as_bytes());
        }
        let deleted: Vec<&String> = facts.deleted["!l"].iter().collect();
        assert_eq!(deleted, ["etc/a.env", "top", "var/"]);
    }

    #[test]
    fn parts_of_a_configuration_are_named() {
        let text = br#"{"os": "linux", "config": {"Cmd": ["x\"{"], "Env": ["A=1", "B=2"]},
            "history": [{"created_by": "RUN a"}, {"empty_layer": true, "created_by": "RUN b"}]}"#;
        for (mark, said) in [
            ("linux", "image configuration"),
            ("A=1", "image configuration, environment variable 1"),
            ("B=2", "image configuration, environment variable 2"),
            ("RUN a", "image configuration, history entry 1"),
            ("RUN b", "image configuration, history entry 2"),
        ] {
            let at = memchr::memmem::find(text, mark.as_bytes()).unwrap();
            assert_eq!(place_in_configuration(text, at).to_string(), said);
        }
    }
}
