//! `connect sandbox test`: attacks a running app and prints a score.

use std::process::ExitCode;

use connect_sandbox::{AuditReport, SandboxError, Severity};
use serde_json::json;

use crate::cli::SandboxTest;
use crate::commands::inspect::session;
use crate::context::Context;
use crate::env;
use crate::error::CliError;
use crate::host::sandbox::{self, Keep};
use crate::ui::{Ui, Verb};

pub(crate) fn run(flags: &SandboxTest, context: &Context) -> Result<ExitCode, CliError> {
    let report = context.block_on(attack(flags, context))?;
    tell(&report, &context.ui);
    let failed = report.has_holes() || flags.strict && !report.failed().is_empty();
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn attack(flags: &SandboxTest, context: &Context) -> Result<AuditReport, CliError> {
    let app = match (&flags.url, context.env.text(env::CONNECT_APP_URL)) {
        (Some(url), _) => url.clone(),
        (None, Some(url)) => url.to_owned(),
        (None, None) => of_session(context).await?,
    };
    let descriptor = if app.ends_with(".json") {
        app.clone()
    } else {
        format!("{}/atlassian-connect.json", app.trim_end_matches('/'))
    };
    // Whatever runs in this folder signs with the same key, so the app trusts this sandbox too.
    let keep = Keep::Key(sandbox::state_folder(&context.cwd)?);
    let order = sandbox::Order {
        port: flags.port,
        keep,
        sites: Vec::new(),
        flag: "connect sandbox test --port",
    };
    let host = sandbox::start(order, context).await?;
    let work = host.audit(&descriptor, flags.product);
    let audited = context.ui.wait("Attacking", &app, work).await;
    let keys = host.keys_url().to_owned();
    sandbox::stop(host).await;
    audited.map_err(|error| match error {
        SandboxError::Install { sub_code, message } => {
            CliError::audit_install(&app, &sub_code, &message, &keys)
        }
        error => CliError::sandbox(&error, "connect sandbox test --port"),
    })
}

/// The address of the app of the session that runs here.
async fn of_session(context: &Context) -> Result<String, CliError> {
    let said = session("api/app", None, context).await?;
    match said["app"].as_str() {
        Some(address) => Ok(address.to_owned()),
        None => Err(CliError::bug("the session has no address")),
    }
}

/// The score for people, the failed requests for a shell, everything for scripts.
fn tell(report: &AuditReport, ui: &Ui) {
    let failed = report.failed();
    for check in &report.checks {
        ui.event("audit.check", check);
    }
    if !ui.json {
        for check in &failed {
            let severity = check.severity.as_str();
            let (class, name) = (check.class, &check.name);
            let (answered, expected) = (&check.answered, check.expected);
            ui.data(&format!(
                "# {severity}, {class}: {name}: {answered}, expected {expected}\n{}\n",
                check.curl
            ));
        }
    }
    for left_out in &report.left_out {
        ui.warning(&format!("left out: {left_out}"));
    }
    let (passed, all) = (report.passed(), report.checks.len());
    let seconds = f64::from(u32::try_from(report.ms).unwrap_or(u32::MAX)) / 1_000.0;
    ui.status(
        Verb::Done("Attacked"),
        &format!(
            "{} with {all} requests and rules in {seconds:.1} s",
            report.app
        ),
    );
    let count = |of: &[Severity]| {
        let counted = failed.iter().filter(|check| of.contains(&check.severity));
        counted.count()
    };
    use Severity::{Critical, Hardening, High, Interop, Low, Medium};
    let words: Vec<String> = [
        (count(&[Critical]), "critical"),
        (count(&[High]), "high"),
        (count(&[Medium]), "medium"),
        (count(&[Low]), "low"),
        (count(&[Interop]), "genuine refused"),
        (count(&[Hardening]), "hardening"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    let words = match words.is_empty() {
        true => "no hole".to_owned(),
        false => words.join(", "),
    };
    ui.status(Verb::Done("Score"), &format!("{passed} of {all}: {words}"));
    ui.event(
        "tested",
        &json!({
            "app": report.app, "passed": passed, "failed": failed.len(),
            "holes": report.has_holes(), "ms": report.ms, "leftOut": report.left_out,
        }),
    );
}
