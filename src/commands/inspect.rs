//! `connect inspect`: the requests that came to the app.

use std::process::ExitCode;

use serde_json::{Value, json};

use crate::cli::Inspect;
use crate::context::Context;
use crate::error::CliError;
use crate::inspect::{self, Entry, folder, read, read_one, show};

pub(super) fn run(flags: &Inspect, context: &Context) -> Result<ExitCode, CliError> {
    let requests = folder(&context.cwd);
    if let Some(id) = flags.replay {
        let path = format!("api/requests/{id}/replay");
        let said = context.block_on(session(&path, Some(&json!({})), context))?;
        context.ui.data(&said.to_string());
    } else if let Some(id) = flags.curl {
        let path = format!("api/requests/{id}");
        let said = context.block_on(session(&path, None, context))?;
        context.ui.data(said["curl"].as_str().unwrap_or_default());
    } else if let Some(file) = &flags.har {
        let text = format!("{:#}\n", show::har(&read(&requests)));
        let file = context.cwd.join(file);
        std::fs::write(&file, text)
            .map_err(|error| CliError::unwritable(context.shown(&file), &error))?;
    } else if flags.follow {
        context.block_on(follow(context))?;
    } else if let Some(id) = flags.id {
        let entry = read_one(&requests, id).ok_or_else(|| CliError::no_such_request(id))?;
        print(&entry, Detail::All, context);
    } else {
        let all = read(&requests);
        let start = all.len().saturating_sub(flags.last);
        if all.is_empty() && !context.ui.json {
            context.ui.text("nothing has come to the app yet\n");
        }
        for entry in &all[start..] {
            print(entry, Detail::Line, context);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the session that runs in this folder.
pub(super) async fn session(
    path: &str,
    body: Option<&Value>,
    context: &Context,
) -> Result<Value, CliError> {
    Ok(inspect::ask(&context.cwd, &context.http, path, body).await?)
}

/// Prints requests as they come, until the session ends or the user leaves.
async fn follow(context: &Context) -> Result<(), CliError> {
    let mut last = 0;
    loop {
        let path = format!("api/requests?after={last}");
        let news = session(&path, None, context).await;
        let news = match news {
            // The session we followed has ended: that is no failure.
            Err(_) if last > 0 => return Ok(()),
            news => news?,
        };
        for one in news["requests"].as_array().into_iter().flatten() {
            if let Ok(entry) = serde_json::from_value::<Entry>(one.clone()) {
                print(&entry, Detail::Line, context);
                last = entry.id;
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Detail {
    All,
    Line,
}

fn print(entry: &Entry, detail: Detail, context: &Context) {
    let text = match detail {
        _ if context.ui.json => json!(entry).to_string(),
        Detail::All => show::whole(entry),
        Detail::Line => show::line(entry),
    };
    context.ui.data(text.trim_end());
}
