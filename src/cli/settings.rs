//! From flags, environment and files to what a scan needs: rules, limits, and what is accepted.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::Args;

use super::args::{RuleArgs, RuleChoice, WalkArgs};
use super::{input, rules};
use crate::accept::{Baseline, Comments, PathRule, Policy, baseline};
use crate::config::{self, Config, Found, Source, Value};
use crate::date::Date;
use crate::finding::{Confidence, Outcome};
use crate::rule::{self, Pattern, RuleSet};
use crate::scan::{ScanOptions, Scanner};

/// Where the configuration and the accepted secrets are.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct SettingArgs {
    /// Read this configuration file, and not the project's.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(super) config: Option<PathBuf>,

    /// Read no configuration file, and no baseline but that of `--baseline`.
    #[arg(long)]
    pub(super) no_config: bool,

    /// The file of accepted secrets.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,

    /// Accept nothing: heed no comment, no path rule and no baseline.
    #[arg(long, conflicts_with = "baseline")]
    pub(super) accept_nothing: bool,
}

/// What a scan needs.
pub(super) struct Settings {
    /// The merged configuration.
    pub(super) config: Config,
    /// The rules to scan with.
    pub(super) rules: RuleSet,
    /// The lowest confidence that the scan itself reports.
    pub(super) min_confidence: Confidence,
    /// The comments that it heeds.
    pub(super) comments: Comments,
    policy: Policy,
}

impl Settings {
    /// The settings for a scan that starts at `start`.
    pub(super) fn load(
        args: &SettingArgs,
        chosen: &RuleArgs,
        walk: &WalkArgs,
        start: &Path,
    ) -> anyhow::Result<Settings> {
        let start = std::path::absolute(start)
            .with_context(|| format!("cannot work out where {} is", start.display()))?;
        let mut config = gather(args, &start)?;
        set_flags(&mut config, args, chosen, walk);
        let mut policy = Policy {
            git_root: config::repository_root(&start),
            ..Policy::default()
        };
        let rules = choose_rules(&config, &chosen.choice.rule, &mut policy)?;
        let min_confidence = confidence(&config, &mut policy);
        if args.accept_nothing {
            policy = Policy::default();
        } else {
            policy.paths = path_rules(&config, &rules)?;
            policy.baseline = read_baseline(&config, args, &start)?;
        }
        let comments = match (config.is_on("comments"), config.is_on("compat-comments")) {
            _ if args.accept_nothing => Comments::Ignored,
            (false, _) => Comments::Ignored,
            (true, false) => Comments::Own,
            (true, true) => Comments::Compat,
        };
        Ok(Settings {
            config,
            rules,
            min_confidence,
            comments,
            policy,
        })
    }

    /// A scanner with these settings. It accepts nothing but by comments; [`Settings::accept`] does the rest.
    pub(super) fn scanner(&self) -> Scanner {
        let options = ScanOptions {
            min_confidence: self.min_confidence,
        };
        Scanner::new(self.rules.clone(), options).heeding(self.comments)
    }

    /// `walk` with the limits of the configuration.
    pub(super) fn walk(&self, walk: &WalkArgs) -> WalkArgs {
        WalkArgs {
            max_file_size: self.config.number("max-file-size"),
            threads: self
                .config
                .number("threads")
                .and_then(|n| usize::try_from(n).ok()),
            ..walk.clone()
        }
    }

    /// Marks in an outcome what is accepted.
    pub(super) fn accept(&self, outcome: &mut Outcome) {
        self.policy.apply(outcome, Date::of(SystemTime::now()));
    }

    /// Accepts nothing by a baseline.
    pub(super) fn forget_baseline(&mut self) {
        self.policy.baseline = None;
    }

    /// The baseline and its file.
    pub(super) fn baseline(&self) -> Option<&(Baseline, String)> {
        self.policy.baseline.as_ref()
    }
}

/// Where a scan of these paths looks for its configuration: at the path if there is one, else in the current folder.
pub(super) fn start_of(paths: &[PathBuf]) -> &Path {
    match paths {
        [one] if one != Path::new("-") => one,
        _ => Path::new("."),
    }
}

/// What the files and the environment say.
fn gather(args: &SettingArgs, start: &Path) -> anyhow::Result<Config> {
    let mut config = Config::new();
    if !args.no_config {
        if let Some(user) = config::find_user(|name| std::env::var_os(name))
            && user.path.is_file()
        {
            read(&mut config, &user)?;
        }
        if let Some(path) = &args.config {
            let file = Found {
                path: path.clone(),
                scanned: false,
            };
            if !read(&mut config, &file)? {
                bail!("{} has no table [tool.tokensweep]", path.display());
            }
        } else {
            for file in config::find_project(start) {
                if read(&mut config, &file)? {
                    break;
                }
            }
        }
    }
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    config
        .read_environment(variables)
        .map_err(anyhow::Error::msg)?;
    Ok(config)
}

fn read(config: &mut Config, file: &Found) -> anyhow::Result<bool> {
    let bytes = input::read(&file.path, "configuration")?;
    Ok(config.read(file, &bytes)?)
}

fn set_flags(config: &mut Config, args: &SettingArgs, chosen: &RuleArgs, walk: &WalkArgs) {
    let choice = &chosen.choice;
    let mut set = |name, flag, value: Option<Value>| {
        if let Some(value) = value {
            config.set(name, value, Source::Flag(flag));
        }
    };
    let level = chosen.min_confidence.map(|l| Value::Level(l.into()));
    set("min-confidence", "--min-confidence", level);
    let words = Some(choice.exclude_rule.clone()).filter(|w| !w.is_empty());
    set("exclude-rules", "--exclude-rule", words.map(Value::Words));
    let files = Some(choice.rule_files.clone()).filter(|f| !f.is_empty());
    set("rules", "--rules", files.map(Value::Files));
    let baseline = args.baseline.clone().map(|b| Value::Files(vec![b]));
    set("baseline", "--baseline", baseline);
    set(
        "max-file-size",
        "--max-file-size",
        walk.max_file_size.map(Value::Number),
    );
    let threads = walk.threads.and_then(|n| u64::try_from(n).ok());
    set("threads", "--threads", threads.map(Value::Number));
}

/// The rules to scan with. What the scanned tree turns off is accepted by the policy instead, so that it is counted.
fn choose_rules(config: &Config, only: &[String], policy: &mut Policy) -> anyhow::Result<RuleSet> {
    let files = config.files_of("rules");
    let from_scanned = matches!(config.get("rules"), Some((_, source)) if source.is_scanned());
    if from_scanned {
        inside_only("rules", config)?;
    }
    let (off, source) = match config.get("exclude-rules") {
        Some((Value::Words(words), source)) => (words.clone(), source.clone()),
        _ => (Vec::new(), Source::Default),
    };
    let chosen = rules::chosen(&RuleChoice {
        rule: only.to_vec(),
        exclude_rule: if source.is_scanned() {
            Vec::new()
        } else {
            off.clone()
        },
        rule_files: files.to_vec(),
    })?;
    if from_scanned {
        no_replacements(&chosen, files)?;
    }
    if source.is_scanned() {
        for id in &off {
            rules::known(&rule::builtin(), id)
                .or_else(|e| rules::known(&chosen, id).map_err(|_| e))
                .with_context(|| format!("{source}: exclude-rules"))?;
        }
        if !off.is_empty() {
            policy.rules_off = Some((off, source.to_string()));
        }
    }
    Ok(chosen)
}

/// Files that the scanned tree names must lie in it.
fn inside_only(name: &str, config: &Config) -> anyhow::Result<()> {
    let Some((_, source @ Source::File { path, .. })) = config.get(name) else {
        return Ok(());
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let root = config::repository_root(folder).unwrap_or_else(|| folder.to_owned());
    let root = root
        .canonicalize()
        .with_context(|| format!("cannot read {}", root.display()))?;
    for file in config.files_of(name) {
        let real = file
            .canonicalize()
            .with_context(|| format!("{source}: cannot read {}", file.display()))?;
        if !real.starts_with(&root) {
            bail!(
                "{source}: `{name}` names {}, which is outside of {}; a repository's configuration may name its \
                 own files only, so give this one as a flag",
                file.display(),
                root.display()
            );
        }
    }
    Ok(())
}

/// A rule file that the scanned tree names adds rules; it may not take the place of a built-in one.
fn no_replacements(chosen: &RuleSet, files: &[PathBuf]) -> anyhow::Result<()> {
    let builtin = rule::builtin();
    for rule in chosen.iter().filter(|r| rules::is_of(r, files)) {
        if builtin.get(&rule.id).is_some() || !matches!(rule.pattern, Pattern::Regex { .. }) {
            bail!(
                "{}: the rule `{}` would take the place of a built-in one, which a repository's own configuration \
                 may not do; give the file with --rules",
                rule.file,
                rule.id
            );
        }
    }
    Ok(())
}

/// The lowest confidence of the scan. One that the scanned tree has raised is left to the policy, which counts.
fn confidence(config: &Config, policy: &mut Policy) -> Confidence {
    match config.get("min-confidence") {
        Some((Value::Level(level), source))
            if source.is_scanned() && *level > Confidence::Medium =>
        {
            policy.quiet_below = Some((*level, source.to_string()));
            Confidence::Medium
        }
        Some((Value::Level(level), _)) => *level,
        _ => Confidence::Medium,
    }
}

fn path_rules(config: &Config, rules: &RuleSet) -> anyhow::Result<Vec<PathRule>> {
    let mut out = Vec::new();
    for accept in &config.accept {
        let source = &accept.source;
        for id in &accept.rules {
            rules::known(&rule::builtin(), id)
                .or_else(|e| rules::known(rules, id).map_err(|_| e))
                .with_context(|| format!("{source}: accept"))?;
        }
        let globs: Vec<&str> = accept.globs.iter().map(String::as_str).collect();
        let rule = PathRule::new(
            &accept.base,
            &globs,
            accept.rules.clone(),
            accept.reason.clone(),
            source.to_string(),
        );
        out.push(rule.map_err(|(index, wrong)| {
            anyhow::anyhow!("{source}: `{}` is no glob: {wrong}", accept.globs[index])
        })?);
    }
    Ok(out)
}

/// The baseline that is named, or the one beside the configuration or at the root of the repository, if there is one.
fn read_baseline(
    config: &Config,
    args: &SettingArgs,
    start: &Path,
) -> anyhow::Result<Option<(Baseline, String)>> {
    if matches!(config.get("baseline"), Some((_, source)) if source.is_scanned()) {
        inside_only("baseline", config)?;
    }
    let path = match config.files_of("baseline") {
        [path, ..] => path.clone(),
        [] if args.no_config => return Ok(None),
        [] => {
            let path = default_baseline(start);
            if !path.is_file() {
                return Ok(None);
            }
            path
        }
    };
    let name = shown(&path);
    let bytes = input::read(&path, "baseline")?;
    Ok(Some((Baseline::parse(&name, &bytes)?, name)))
}

/// Where the baseline is unless something else is said: at the root of the repository, else where the scan starts.
pub(super) fn default_baseline(start: &Path) -> PathBuf {
    let folder = if start.is_dir() {
        start
    } else {
        start.parent().unwrap_or(start)
    };
    let root = config::repository_root(folder);
    root.as_deref().unwrap_or(folder).join(baseline::FILE_NAME)
}

/// A path as it is shown to people: from the current folder if it lies below.
pub(super) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|h| path.strip_prefix(h).ok());
    below.unwrap_or(path).display().to_string()
}
