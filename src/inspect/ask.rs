//! Asks the session that runs in a project.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::http::{self, Http};
use crate::inspect::Door;

/// Longest wait; a question for news takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// No session runs, or the one that did is gone.
    #[error("no session of `connect dev` runs here")]
    Gone(Option<String>),
    /// It does not do what was asked.
    #[error("the session refused: {0}")]
    Refused(String),
}

/// Asks the session that runs in `project`; a question with a body changes or makes something.
///
/// # Errors
/// [`AskError`].
pub(crate) async fn ask(
    project: &Path,
    http: &Http,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, AskError> {
    let gone = |error: &dyn std::fmt::Display| AskError::Gone(Some(error.to_string()));
    let door = Door::find(project).ok_or(AskError::Gone(None))?;
    let url = Url::parse(&format!("{}/{path}", door.url)).map_err(|error| gone(&error))?;
    let client = http.client(&url).map_err(|error| gone(&error))?;
    let request = match body {
        Some(body) => client.post(url).body(body.to_string()),
        None => client.get(url),
    };
    let answer = http::send(request.bearer_auth(&door.key), PATIENCE).await;
    let answer = answer.map_err(|error| gone(&error))?;
    if !answer.status.is_success() {
        let said = String::from_utf8_lossy(&answer.body).trim().to_owned();
        return Err(AskError::Refused(said));
    }
    serde_json::from_slice(&answer.body).map_err(|error| gone(&error))
}
