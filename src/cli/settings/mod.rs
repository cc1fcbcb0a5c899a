//! Builds the settings of a scan from flags, environment and files: rules, limits, and accepted findings.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::Args;

use super::mask::MessageMasker;
use super::options::{RuleArgs, RuleChoice, SettingArgs, WalkArgs};
use super::{containers, input, rules};
use crate::accept::{Baseline, Comments, PathRule, Policy, baseline};
use crate::config::{self, Config, ConfigFile, Setting, ValueSource, display_path};
use crate::date::Date;
use crate::finding::{Confidence, Finding, Outcome, SkipReason};
use crate::message::{count_noun, portable_path};
use crate::rule::{self, RuleSet};
use crate::scan::{Scanner, ScannerBuilder};
use crate::source;
use crate::source::git::RepositoryLookup;

mod trust;

/// Options that settings are made from, for commands that scan as `scan` does.
#[derive(Args, Clone, Debug)]
pub(super) struct SettingsRequest {
    #[command(flatten)]
    pub(super) walk: WalkArgs,

    #[command(flatten)]
    pub(super) rules: RuleArgs,

    #[command(flatten)]
    pub(super) settings: SettingArgs,
}

impl SettingsRequest {
    /// Returns the settings for a scan of these paths.
    pub(super) fn load(&self, paths: &[PathBuf]) -> anyhow::Result<Settings> {
        Settings::load_for(&self.settings, &self.rules, &self.walk, start_path(paths))
    }

    /// Returns the settings for a scan that creates a baseline: an existing baseline is not read.
    pub(super) fn load_settings_without_baseline(
        &self,
        paths: &[PathBuf],
    ) -> anyhow::Result<Settings> {
        let (mut settings, _) =
            Settings::gather(&self.settings, &self.rules, &self.walk, start_path(paths))?;
        settings.policy.baseline = None;
        Ok(settings)
    }
}

/// Settings of a scan.
pub(super) struct Settings {
    /// Merged configuration.
    pub(super) config: Config,
    /// Rules to scan with.
    pub(super) rules: RuleSet,
    /// Minimum confidence that the scan itself reports.
    pub(super) min_confidence: Confidence,
    /// Comments that the scan respects.
    pub(super) comments: Comments,
    /// File that the baseline is in, or would be in.
    pub(super) baseline_file: PathBuf,
    policy: Policy,
}

impl Settings {
    /// Returns the settings for a scan that starts at `start`.
    pub(super) fn load_for(
        args: &SettingArgs,
        chosen: &RuleArgs,
        walk: &WalkArgs,
        start: &Path,
    ) -> anyhow::Result<Settings> {
        let (mut settings, start) = Settings::gather(args, chosen, walk, start)?;
        if !args.accept_nothing {
            settings.policy.baseline = read_baseline(&settings.config, args, &start)?;
        }
        Ok(settings)
    }

    /// Returns the settings without the baseline, and the absolute path that the scan starts at.
    fn gather(
        args: &SettingArgs,
        chosen: &RuleArgs,
        walk: &WalkArgs,
        start: &Path,
    ) -> anyhow::Result<(Settings, PathBuf)> {
        let start = std::path::absolute(start)
            .with_context(|| format!("cannot work out where {} is", portable_path(start)))?;
        let mut config = gather_config(args, &start)?;
        set_flags(&mut config, args, chosen, walk)?;
        let mut policy = Policy {
            git_root: config::repository_root(&start),
            ..Policy::default()
        };
        let rules = choose_rules(&config, &chosen.choice.rule, &mut policy)?;
        let min_confidence = trust::min_confidence(&config, &mut policy);
        let Setting { value, source } = &config.baseline;
        trust::reject_files_outside("baseline", value.as_slice(), source, true)?;
        if args.accept_nothing {
            policy = Policy {
                git_root: policy.git_root,
                ..Policy::default()
            };
        } else {
            policy.paths = build_path_rules(&config, &rules)?;
            let heeded = !args.no_config && !walk.no_ignore;
            policy.ignored = heeded.then_some(source::is_ignored_by_us);
        }
        let comments = match (config.comments.value, config.compat_comments.value) {
            _ if args.accept_nothing => Comments::Ignored,
            (false, _) => Comments::Ignored,
            (true, false) => Comments::Own,
            (true, true) => Comments::Compat,
        };
        let baseline_file = match &config.baseline.value {
            Some(file) => file.clone(),
            None => default_baseline(&start),
        };
        policy.baseline_base = match (&policy.git_root, baseline_file.parent()) {
            (Some(root), _) => root.clone(),
            (None, Some(folder)) => {
                std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
            }
            (None, None) => PathBuf::new(),
        };
        let settings = Settings {
            config,
            rules,
            min_confidence,
            comments,
            baseline_file,
            policy,
        };
        Ok((settings, start))
    }

    /// Returns a scanner with these settings. It accepts findings by comments only; [`Settings::mark_accepted`] does the rest.
    pub(super) fn build_scanner(&self) -> Scanner {
        self.scanner_builder().build()
    }

    /// Returns the settings of such a scanner.
    pub(super) fn scanner_builder(&self) -> ScannerBuilder {
        Scanner::builder()
            .rules(self.rules.clone())
            .min_confidence(self.min_confidence)
            .comments(self.comments)
            .containers(self.config.containers.limits())
            .object_lookup(RepositoryLookup::default())
    }

    /// Returns `walk` with the limits of the configuration.
    pub(super) fn effective_walk(&self, walk: &WalkArgs) -> WalkArgs {
        WalkArgs {
            max_file_size: self.config.max_file_size.value,
            threads: usize::try_from(self.config.threads.value).ok(),
            ..walk.clone()
        }
    }

    /// Returns `asked` with the limits of the configuration.
    pub(super) fn effective_request(&self, asked: &SettingsRequest) -> SettingsRequest {
        SettingsRequest {
            walk: self.effective_walk(&asked.walk),
            ..asked.clone()
        }
    }

    /// Marks the accepted findings in an outcome, and adds notes on the exclusions of the scanned tree.
    pub(super) fn mark_accepted(&self, outcome: &mut Outcome) {
        self.policy
            .mark_accepted(outcome, Date::of(SystemTime::now()));
        let mut mask = MessageMasker::default();
        for finding in &mut outcome.findings {
            if let Some(accepted) = &mut finding.accepted
                && let Cow::Owned(masked) = mask.apply(&accepted.reason)
            {
                accepted.reason = masked;
            }
        }
        containers::note_distrusted(&self.config, outcome);
        let source = &self.config.max_file_size.source;
        if source.is_untrusted() {
            let large = |reason: &SkipReason| matches!(reason, SkipReason::TooLarge(_));
            let count = outcome.skipped.iter().filter(|s| large(&s.reason)).count();
            if count > 0 {
                outcome.notes.push(format!(
                    "{source} leaves out what is larger than its max-file-size: {}; --no-config reads all",
                    count_noun(count as u64, "file")
                ));
            }
        }
    }

    /// Returns a text that differs where the accepted findings of a scan may differ. It may change with the date.
    pub(super) fn describe_acceptances(&self) -> String {
        let mut config = self.config.clone();
        config.threads = Config::default().threads;
        let baseline = self.baseline();
        let text = baseline.map_or_else(String::new, |(baseline, _)| baseline.to_toml());
        let today = Date::of(SystemTime::now());
        let entries = baseline.iter().flat_map(|(baseline, _)| baseline.entries());
        let expired: Vec<&str> = entries
            .filter(|(_, entry)| entry.is_expired(today))
            .map(|(key, _)| key)
            .collect();
        format!("{config:?} {:?} {text} {expired:?}", self.comments)
    }

    /// Returns the path of a finding's file as the baseline names it.
    pub(super) fn path_in_baseline(&self, finding: &Finding) -> String {
        self.policy.path_in_baseline(finding)
    }

    /// Returns the baseline and its file.
    pub(super) fn baseline(&self) -> Option<&(Baseline, String)> {
        self.policy.baseline.as_ref()
    }
}

/// Returns the path at which the search for a configuration starts: the only path, else the current folder.
pub(super) fn start_path(paths: &[PathBuf]) -> &Path {
    match paths {
        [one] if one != Path::new("-") => one,
        _ => Path::new("."),
    }
}

/// Merges the configuration of the files and of the environment.
fn gather_config(args: &SettingArgs, start: &Path) -> anyhow::Result<Config> {
    let mut config = Config::default();
    if !args.no_config {
        if let Some(user) = config::find_user(|name| std::env::var_os(name))
            && user.path.is_file()
        {
            read(&mut config, &user)?;
        }
        if let Some(path) = &args.config {
            let file = ConfigFile {
                path: path.clone(),
                scanned: false,
            };
            if !read(&mut config, &file)? {
                bail!("{} has no table [tool.tokensweep]", portable_path(path));
            }
        } else {
            for file in config::find_project(start) {
                trust::reject_link_outside(&file.path, "configuration")?;
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

fn read(config: &mut Config, file: &ConfigFile) -> anyhow::Result<bool> {
    let bytes = input::read(&file.path, "configuration")?;
    Ok(config.read(file, &bytes)?)
}

fn set_flags(
    config: &mut Config,
    args: &SettingArgs,
    chosen: &RuleArgs,
    walk: &WalkArgs,
) -> anyhow::Result<()> {
    let choice = &chosen.choice;
    let level = chosen.min_confidence.map(Confidence::from);
    config
        .min_confidence
        .override_by_flag("--min-confidence", level);
    let off = Some(choice.exclude_rule.clone()).filter(|ids| !ids.is_empty());
    config.exclude_rules.override_by_flag("--exclude-rule", off);
    let files = Some(choice.rule_files.clone()).filter(|files| !files.is_empty());
    config.rules.override_by_flag("--rules", files);
    let baseline = args.baseline.clone().map(Some);
    config.baseline.override_by_flag("--baseline", baseline);
    let size = walk.max_file_size.map(Some);
    config
        .max_file_size
        .override_by_flag("--max-file-size", size);
    let threads = walk.threads.and_then(|n| u64::try_from(n).ok());
    config.threads.override_by_flag("--threads", threads);
    walk.containers.set_flags(config)
}

/// Returns the rules to scan with. Rules that the scanned tree turns off are left to the policy, which counts.
fn choose_rules(config: &Config, only: &[String], policy: &mut Policy) -> anyhow::Result<RuleSet> {
    let files = &config.rules.value;
    trust::reject_files_outside("rules", files, &config.rules.source, false)?;
    let Setting { value: off, source } = &config.exclude_rules;
    let chosen = rules::load_chosen_rules(&RuleChoice {
        rule: only.to_vec(),
        exclude_rule: if source.is_untrusted() {
            Vec::new()
        } else {
            off.clone()
        },
        rule_files: files.clone(),
    })?;
    if config.rules.source.is_untrusted() {
        trust::reject_rule_overrides(&chosen, files)?;
    }
    if source.is_untrusted() {
        for id in off {
            rules::find_rule(&rule::builtin_rules(), id)
                .or_else(|e| rules::find_rule(&chosen, id).map_err(|_| e))
                .with_context(|| format!("{source}: exclude-rules"))?;
        }
        if !off.is_empty() {
            policy.rules_off = Some((off.clone(), source.to_string()));
        }
    }
    Ok(chosen)
}

fn build_path_rules(config: &Config, rules: &RuleSet) -> anyhow::Result<Vec<PathRule>> {
    let mut out = Vec::new();
    for accept in &config.accept {
        let source = &accept.source;
        for id in &accept.rules {
            rules::find_rule(&rule::builtin_rules(), id)
                .or_else(|e| rules::find_rule(rules, id).map_err(|_| e))
                .with_context(|| format!("{source}: accept"))?;
        }
        let rule = PathRule::new(
            &accept.base,
            &accept.globs,
            &accept.expressions,
            accept.rules.clone(),
            accept.reason.clone(),
            source.to_string(),
        );
        out.push(rule.map_err(|wrong| anyhow::anyhow!("{source}: {wrong}"))?);
    }
    Ok(out)
}

/// Reads the baseline that is named, or else the one beside the configuration or at the root of the repository.
fn read_baseline(
    config: &Config,
    args: &SettingArgs,
    start: &Path,
) -> anyhow::Result<Option<(Baseline, String)>> {
    let Setting { value, source } = &config.baseline;
    let path = match value {
        Some(path) => {
            if matches!(source, ValueSource::File { .. }) && !path.exists() {
                bail!(
                    "{source}: there is no baseline {}; make it with `tokensweep baseline create`",
                    display_path(path)
                );
            }
            path.clone()
        }
        None if args.no_config => return Ok(None),
        None => {
            let path = default_baseline(start);
            if !path.is_file() {
                return Ok(None);
            }
            trust::reject_link_outside(&path, "baseline")?;
            path
        }
    };
    let name = display_path(&path);
    let bytes = input::read(&path, "baseline")?;
    Ok(Some((Baseline::parse(&name, &bytes)?, name)))
}

/// Returns the default path of the baseline: at the root of the repository, else where the scan starts.
fn default_baseline(start: &Path) -> PathBuf {
    let folder = if start.is_dir() {
        start
    } else {
        start.parent().unwrap_or(start)
    };
    let root = config::repository_root(folder);
    root.as_deref().unwrap_or(folder).join(baseline::FILE_NAME)
}
