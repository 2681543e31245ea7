//! Bodies of requests that are made or changed: values put where they belong, secrets put back
//! where they were taken out to be shown.

use connect_core::Tenant;
use connect_core::lifecycle::LifecycleEvent;
use connect_core::redact::{REDACTED, redact};
use serde_json::{Map, Value, json};

/// Why a body cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// It was to be changed, and is no JSON.
    #[error("the body is no JSON: {0}")]
    NoJson(String),
    /// No `=`.
    #[error("`{0}` is not PLACE=VALUE")]
    NoAssignment(String),
    /// Something on the way to a place is no object.
    #[error("`{0}` goes through something that is no object")]
    NoPlace(String),
    /// A secret was moved, or changed in part.
    #[error("`{REDACTED}` stands where no secret was taken out")]
    Secret,
}

/// The smallest body of a webhook: what every one of them has.
pub(super) fn of_webhook(event: &str, timestamp_ms: u64) -> Value {
    json!({ "timestamp": timestamp_ms, "webhookEvent": event })
}

/// The body of a lifecycle call (Atlassian, "App descriptor: lifecycle, HTTP request contents"), by
/// what the last install of the tenant said.
pub(super) fn of_lifecycle(event: LifecycleEvent, tenant: &Tenant) -> Value {
    let mut body = tenant.details.clone();
    body.insert("eventType".to_owned(), event.as_str().into());
    if event == LifecycleEvent::Installed {
        let secret = tenant.shared_secret().expose();
        body.insert("sharedSecret".to_owned(), secret.into());
    } else {
        body.remove("publicKey");
    }
    body.into()
}

/// Puts a value at a dotted place in a body: `issue.key=TEST-1`.
///
/// # Errors
/// When there is no `=`, or something on the way is no object.
pub(super) fn set(body: &mut Value, assignment: &str) -> Result<(), BodyError> {
    let (place, value) = assignment
        .split_once('=')
        .ok_or_else(|| BodyError::NoAssignment(assignment.to_owned()))?;
    let mut at = body;
    for name in place.split('.') {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else {
            return Err(BodyError::NoPlace(place.to_owned()));
        };
        at = members.entry(name).or_insert(Value::Null);
    }
    *at = value.into();
    Ok(())
}

/// A body as it may be shown, and edited: its secrets taken out.
pub(super) fn shown(body: &str) -> String {
    match parse(body) {
        Ok(value) => redact(&format!("{value:#}")),
        Err(_) => redact(body),
    }
}

/// The edited body, with the secrets of the original back where they were.
///
/// # Errors
/// When it is no JSON although something was taken out of it, or that stands elsewhere now.
pub(super) fn restored(edited: &str, original: &str) -> Result<String, BodyError> {
    if !edited.contains(REDACTED) {
        return Ok(edited.to_owned());
    }
    let mut value = parse(edited)?;
    let before = parse(&shown(original))?;
    put_back(&mut value, &before, &parse(original)?);
    let restored = value.to_string();
    if restored.contains(REDACTED) && !original.contains(REDACTED) {
        return Err(BodyError::Secret);
    }
    Ok(restored)
}

/// Puts back what was taken out, where the text is still as it was shown.
fn put_back(edited: &mut Value, shown: &Value, original: &Value) {
    match (edited, shown, original) {
        (Value::Object(edited), Value::Object(shown), Value::Object(original)) => {
            for (name, value) in edited {
                if let (Some(shown), Some(original)) = (shown.get(name), original.get(name)) {
                    put_back(value, shown, original);
                }
            }
        }
        (Value::Array(edited), Value::Array(shown), Value::Array(original)) => {
            let before = shown.iter().zip(original);
            for (value, (shown, original)) in edited.iter_mut().zip(before) {
                put_back(value, shown, original);
            }
        }
        (edited, shown, original) if edited == shown => *edited = original.clone(),
        _ => {}
    }
}

/// Reads a body that is to be changed.
pub(super) fn parse(body: &str) -> Result<Value, BodyError> {
    serde_json::from_str(body).map_err(|error| BodyError::NoJson(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_where_they_belong() {
        let mut body = of_webhook("jira:issue_created", 1);
        set(&mut body, "issue.key=TEST-1").unwrap();
        assert_eq!(body["issue"]["key"], "TEST-1");
        let missing = set(&mut body, "issue");
        assert_eq!(missing, Err(BodyError::NoAssignment("issue".to_owned())));
        let blocked = set(&mut body, "webhookEvent.x=1");
        assert_eq!(
            blocked,
            Err(BodyError::NoPlace("webhookEvent.x".to_owned()))
        );
    }

    #[test]
    fn secrets_are_taken_out_to_be_edited_and_come_back() {
        let original = r#"{"key":"a","sharedSecret":"of the install","list":[{"password":"p"}]}"#;
        let shown = shown(original);
        assert!(
            !shown.contains("of the install") && !shown.contains("\"p\""),
            "{shown}"
        );
        let edited = shown.replace("\"a\"", "\"b\"");
        let back: Value = serde_json::from_str(&restored(&edited, original).unwrap()).unwrap();
        let expected =
            json!({"key": "b", "sharedSecret": "of the install", "list": [{"password": "p"}]});
        assert_eq!(back, expected);
        // Replaced on purpose.
        let other = shown.replacen(REDACTED, "mine", 1);
        let back: Value = serde_json::from_str(&restored(&other, original).unwrap()).unwrap();
        assert!([&back["sharedSecret"], &back["list"][0]["password"]].contains(&&"mine".into()));
        // Moved: nobody can say what belongs there.
        let moved = r#"{"elsewhere":"[redacted]"}"#;
        assert_eq!(restored(moved, original), Err(BodyError::Secret));
        assert_eq!(restored("plain", original), Ok("plain".to_owned()));
    }
}
