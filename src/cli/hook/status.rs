//! Implements `tokensweep hook status`: lists the files that git runs for each hook, and the part of this program.

use std::fmt::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::super::exit::Exit;
use super::super::print_text;
use super::kind::HookKind;
use super::trace::{HookTrace, Layout, display_path};
use crate::message::portable_path;
use crate::source::git::Repository;

/// Format of the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusFormat {
    #[default]
    Human,
    Json,
}

pub(super) fn report_status(hooks: &[HookKind], format: StatusFormat) -> anyhow::Result<Exit> {
    let layout = Layout::of_repository(&Repository::discover(None)?);
    let hooks = if hooks.is_empty() {
        layout.usual_hooks()
    } else {
        hooks
    };
    let traces: Vec<HookTrace> = hooks
        .iter()
        .map(|hook| HookTrace::of_hook(&layout, *hook))
        .collect();
    let text = match format {
        StatusFormat::Human => status_text(&layout, &traces),
        StatusFormat::Json => {
            let document = status_document(&layout, &traces);
            format!("{}\n", serde_json::to_string_pretty(&document)?)
        }
    };
    print_text(text.as_bytes())?;
    Ok(exit_of(&traces))
}

/// Returns [`Exit::Findings`] if a hook does not run this program.
pub(super) fn exit_of(traces: &[HookTrace]) -> Exit {
    if traces.iter().all(|trace| trace.verdict.is_ok()) {
        Exit::Clean
    } else {
        Exit::Findings
    }
}

fn status_text(layout: &Layout, traces: &[HookTrace]) -> String {
    let mut text = format!("git runs the hooks in {}", display_path(&layout.hooks.dir));
    if let Some(setting) = &layout.hooks.setting {
        let _ = write!(text, " (core.hooksPath, {}", setting.scope);
        if let Some(file) = &setting.file {
            let _ = write!(text, ": {}", display_path(file));
        }
        text.push(')');
    }
    text.push('\n');
    for trace in traces {
        write_trace(trace, &mut text);
    }
    if traces.iter().any(|trace| trace.verdict.is_err()) {
        text.push_str("`tokensweep hook install` puts hooks in, or says what to add\n");
    }
    text
}

/// Writes a line for the hook as a whole, then a line for each file that runs.
pub(super) fn write_trace(trace: &HookTrace, text: &mut String) {
    let name = trace.hook.hook_name();
    let _ = match &trace.verdict {
        Ok(program) => writeln!(text, "{name}: runs {program}"),
        Err(why) => writeln!(text, "{name}: DOES NOT RUN tokensweep: {why}"),
    };
    for (at, step) in trace.steps.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {}. {} ({})",
            at + 1,
            display_path(&step.path),
            step.owner
        );
    }
}

fn status_document(layout: &Layout, traces: &[HookTrace]) -> Value {
    let setting = layout.hooks.setting.as_ref();
    let hooks: Vec<Value> = traces
        .iter()
        .map(|trace| {
            let steps: Vec<Value> = trace
                .steps
                .iter()
                .map(|step| json!({"path": portable_path(&step.path), "owner": step.owner}))
                .collect();
            json!({
                "hook": trace.hook.hook_name(),
                "runs": trace.verdict.is_ok(),
                "program": trace.verdict.as_ref().ok(),
                "reason": trace.verdict.as_ref().err(),
                "steps": steps,
            })
        })
        .collect();
    json!({
        "schema_version": 1,
        "hooks_path": portable_path(&layout.hooks.dir),
        "hooks_path_scope": setting.map(|s| s.scope),
        "hooks_path_file": setting.and_then(|s| s.file.as_ref()).map(|f| portable_path(f)),
        "hooks": hooks,
    })
}
