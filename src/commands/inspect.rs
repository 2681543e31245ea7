//! `connect inspect`: the requests that came to the app.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use crate::cli::Inspect;
use crate::context::Context;
use crate::error::CliError;
use crate::http;
use crate::inspect::{Door, Entry, folder, read, read_one, show};

/// Longest wait for the session; a question for news takes its time.
const SESSION: Duration = Duration::from_secs(60);

pub(super) fn run(flags: &Inspect, context: &Context) -> Result<ExitCode, CliError> {
    let requests = folder(&context.cwd);
    if let Some(id) = flags.replay {
        let path = format!("api/requests/{id}/replay");
        let said = context.block_on(ask(&path, Method::Post, context))?;
        context.ui.data(&said.to_string());
    } else if let Some(id) = flags.curl {
        let path = format!("api/requests/{id}");
        let said = context.block_on(ask(&path, Method::Get, context))?;
        context.ui.data(said["curl"].as_str().unwrap_or_default());
    } else if let Some(file) = &flags.har {
        let text = format!("{:#}\n", show::har(&read(&requests)));
        let file = context.cwd.join(file);
        std::fs::write(&file, text).map_err(|error| CliError::unwritable(&file, &error))?;
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

/// Prints requests as they come, until the session ends or the user leaves.
async fn follow(context: &Context) -> Result<(), CliError> {
    let mut last = 0;
    loop {
        let path = format!("api/requests?after={last}");
        let news = ask(&path, Method::Get, context).await;
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
enum Method {
    Get,
    Post,
}

/// Asks the session that runs in this folder.
async fn ask(path: &str, method: Method, context: &Context) -> Result<Value, CliError> {
    let door = Door::find(&context.cwd).ok_or_else(|| CliError::no_session(None))?;
    let gone = |error: &dyn std::fmt::Display| CliError::no_session(Some(error.to_string()));
    let url = Url::parse(&format!("{}/{path}", door.url)).map_err(|error| gone(&error))?;
    let client = context.http.client(&url).map_err(|error| gone(&error))?;
    let request = match method {
        Method::Get => client.get(url),
        Method::Post => client.post(url),
    };
    let answer = http::send(request.bearer_auth(&door.key), SESSION).await;
    let answer = answer.map_err(|error| gone(&error))?;
    if !answer.status.is_success() {
        let said = String::from_utf8_lossy(&answer.body).trim().to_owned();
        return Err(CliError::session_refused(&said));
    }
    serde_json::from_slice(&answer.body).map_err(|error| gone(&error))
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
