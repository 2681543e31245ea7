//! `connect explain`: the long text of a finding.

use std::process::ExitCode;

use connect_validator::codes;
use serde_json::json;

use crate::cli::Explain;
use crate::context::Context;
use crate::ui::wrap;

pub(super) fn run(flags: &Explain, context: &Context) -> ExitCode {
    let Some(code) = codes::find(&flags.code) else {
        return ExitCode::FAILURE;
    };
    if context.ui.json {
        let text = json!({
            "code": code.id, "level": code.level, "title": code.title,
            "explanation": code.explanation, "hostError": code.host_error,
        });
        context.ui.data(&text.to_string());
        return ExitCode::SUCCESS;
    }
    let columns = context.ui.columns.map_or(WIDE, |columns| columns.min(WIDE));
    let explanation = wrap(code.explanation, columns, 0);
    let mut text = format!(
        "{}: {}: {}\n\n{explanation}",
        code.id, code.level, code.title
    );
    if let Some(host) = code.host_error {
        text.push_str(&format!("\n\nThe host refuses it with `{host}`."));
    }
    context.ui.data(&text);
    ExitCode::SUCCESS
}

/// Longer lines are hard to read.
const WIDE: usize = 100;
