//! Markdown as far as the documentation uses it: fenced blocks, inline code, headings and links.

use std::path::{Path, PathBuf};

/// A Markdown file of the repository.
pub(super) struct Page {
    /// Path below the root of the repository.
    pub(super) name: String,
    pub(super) text: String,
}

/// A fenced block of code.
pub(super) struct Block {
    /// Page and line of the opening fence.
    pub(super) place: String,
    pub(super) language: String,
    /// Key and value of a comment right above the block, such as `<!-- in: website -->`.
    pub(super) note: Option<(String, String)>,
    pub(super) body: String,
}

/// The root of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for people: those at the root, in `docs/` and in `rules/`.
pub(super) fn pages() -> Vec<Page> {
    let mut names: Vec<PathBuf> = [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ]
    .map(PathBuf::from)
    .to_vec();
    names.push("rules/README.md".into());
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    names.extend(docs.map(|e| Path::new("docs").join(e.unwrap().file_name())));
    names.sort();
    names
        .into_iter()
        .map(|name| Page {
            text: std::fs::read_to_string(root().join(&name)).unwrap(),
            name: name.to_str().unwrap().to_owned(),
        })
        .collect()
}

/// Every block of every page.
pub(super) fn blocks() -> Vec<Block> {
    pages().iter().flat_map(Page::blocks).collect()
}

impl Page {
    pub(super) fn blocks(&self) -> Vec<Block> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut blocks = Vec::new();
        let mut at = 0;
        while at < lines.len() {
            let Some(language) = lines[at].trim_start().strip_prefix("```") else {
                at += 1;
                continue;
            };
            let open = at;
            at += 1;
            let start = at;
            while at < lines.len() && lines[at].trim() != "```" {
                at += 1;
            }
            blocks.push(Block {
                place: format!("{}:{}", self.name, open + 1),
                language: language.to_owned(),
                note: open.checked_sub(1).and_then(|above| note(lines[above])),
                body: lines[start..at].join("\n"),
            });
            at += 1;
        }
        blocks
    }

    /// The lines outside of fenced blocks.
    pub(super) fn prose(&self) -> impl Iterator<Item = &str> {
        let mut is_code = false;
        self.text.lines().filter(move |line| {
            let is_fence = line.trim_start().starts_with("```");
            is_code ^= is_fence;
            !is_code && !is_fence
        })
    }

    /// Text between single backquotes.
    pub(super) fn inline_code(&self) -> Vec<&str> {
        self.prose()
            .flat_map(|line| line.split('`').skip(1).step_by(2))
            .collect()
    }

    /// The targets of all links.
    pub(super) fn links(&self) -> Vec<&str> {
        self.prose()
            .flat_map(|line| line.split("](").skip(1))
            .filter_map(|rest| rest.split(')').next())
            .collect()
    }

    /// The anchors that GitHub gives to the headings.
    pub(super) fn anchors(&self) -> Vec<String> {
        self.prose()
            .filter(|line| line.starts_with('#'))
            .map(|line| slug(line.trim_start_matches('#').trim()))
            .collect()
    }
}

fn note(line: &str) -> Option<(String, String)> {
    let inside = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    let (key, value) = inside.split_once(':')?;
    Some((key.trim().to_owned(), value.trim().to_owned()))
}

/// Lower case, without punctuation, hyphens for blanks.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
