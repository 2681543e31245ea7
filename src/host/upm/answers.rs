//! What UPM's answers mean.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, LOCATION};
use serde_json::Value;

use crate::host::HostError;
use crate::http::Answer;

/// How far a task is.
#[derive(Debug, PartialEq)]
pub(super) enum Progress {
    /// It failed.
    Failed(HostError),
    /// The app is there.
    Installed {
        /// And enabled.
        enabled: bool,
        /// Its key, if the host says it.
        key: Option<String>,
    },
    /// It has not ended.
    Running,
}

/// What a task, or the app it turned into, says. A task that is `done` has failed, unless it says
/// that the install is complete; an app has a key and no status.
pub(super) fn progress(answer: &Value) -> Progress {
    let status = &answer["status"];
    if status.is_object() {
        let kind = status["contentType"].as_str().unwrap_or_default();
        let done = status["done"] == true;
        if done && kind.contains("install.complete") {
            return Progress::Installed {
                enabled: true,
                key: None,
            };
        }
        if done || kind.contains("task.install.err") {
            return Progress::Failed(install_failed(status));
        }
        return Progress::Running;
    }
    if let Some(key) = answer["key"].as_str() {
        return Progress::Installed {
            enabled: answer["enabled"] != false,
            key: Some(key.to_owned()),
        };
    }
    Progress::Running
}

fn install_failed(status: &Value) -> HostError {
    let text = |key: &str| status[key].as_str().map(shorten);
    HostError::InstallFailed {
        sub_code: text("subCode"),
        message: text("errorMessage"),
    }
}

/// Any success is fine.
pub(super) fn accept(call: &'static str, answer: &Answer) -> Result<(), HostError> {
    if answer.status.is_success() {
        Ok(())
    } else {
        Err(refusal(call, answer))
    }
}

/// What an answer that is no success means.
pub(super) fn refusal(call: &'static str, answer: &Answer) -> HostError {
    let header = |name| {
        let value = answer
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok());
        value.map(shorten)
    };
    match answer.status {
        StatusCode::UNAUTHORIZED => HostError::Unauthorized(
            header("x-authentication-denied-reason").or_else(|| header("x-seraph-loginreason")),
        ),
        StatusCode::FORBIDDEN => match header("x-authentication-denied-reason") {
            Some(reason) => HostError::Unauthorized(Some(reason)),
            None => HostError::NotAdmin,
        },
        _ => {
            let said = body(&answer.body);
            if said["subCode"].is_string() || said["errorMessage"].is_string() {
                return install_failed(&said);
            }
            let text = String::from_utf8_lossy(&answer.body);
            let is_page = text.trim_start().starts_with('<');
            let detail = if is_page {
                String::new()
            } else {
                shorten(&text)
            };
            unexpected(call, answer, &detail)
        }
    }
}

/// An answer that this call never has.
pub(super) fn unexpected(call: &'static str, answer: &Answer, detail: &str) -> HostError {
    HostError::Unexpected {
        call,
        status: answer.status.as_u16(),
        detail: detail.to_owned(),
    }
}

/// The `Location` of an answer.
pub(super) fn location(headers: &HeaderMap) -> Option<&str> {
    headers.get(LOCATION)?.to_str().ok()
}

/// JSON as UPM sends it: plain, or wrapped in a `<textarea>` for old browsers. What is no JSON
/// becomes `null`.
pub(super) fn body(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim();
    let inner = text
        .strip_prefix("<textarea>")
        .and_then(|text| text.strip_suffix("</textarea>"));
    serde_json::from_str(inner.unwrap_or(text)).unwrap_or(Value::Null)
}

/// One line of at most 300 characters, without control characters.
fn shorten(text: &str) -> String {
    let clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    clean.take(300).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_task_that_is_done_has_failed_and_an_app_is_success() {
        let failed = |sub_code: &str| {
            Progress::Failed(HostError::InstallFailed {
                sub_code: Some(sub_code.to_owned()),
                message: None,
            })
        };
        let installed = |enabled, key: Option<&str>| Progress::Installed {
            enabled,
            key: key.map(str::to_owned),
        };
        for (answer, expected) in [
            (json!({"status": {"done": false}}), Progress::Running),
            (json!({"links": {}}), Progress::Running),
            (json!(null), Progress::Running),
            (
                json!({"status": {"done": true, "subCode": "a.b"}}),
                failed("a.b"),
            ),
            (
                json!({"status": {"subCode": "c", "contentType": "application/vnd.atl.plugins.task.install.err+json"}}),
                failed("c"),
            ),
            (
                json!({"status": {"done": true, "contentType": "application/vnd.atl.plugins.install.complete+json"}}),
                installed(true, None),
            ),
            (json!({"key": "a"}), installed(true, Some("a"))),
            (
                json!({"key": "a", "enabled": false}),
                installed(false, Some("a")),
            ),
        ] {
            assert_eq!(progress(&answer), expected, "{answer}");
        }
    }

    #[test]
    fn bodies_may_be_wrapped() {
        assert_eq!(body(b"<textarea>{\"a\":1}</textarea>")["a"], 1);
        assert_eq!(body(b"{\"a\":1}")["a"], 1);
        assert_eq!(body(b"<html>"), Value::Null);
    }
}
