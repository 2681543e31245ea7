//! The part of an answer that is wanted, by a path as jq writes it (jq 1.7 manual, Basic filters):
//! `.`, `.name`, `."a name"`, `["a name"]`, `[2]`, `[-1]`, `[]`, one after the other or with `|`
//! between. All else of jq is refused by name: the program jq is one pipe away.

use std::fmt;
use std::iter::Peekable;
use std::str::{Chars, FromStr};

use serde_json::Value;

/// A path into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// All members or elements.
    All,
    /// An element, from the end if it is negative.
    At(i64),
    /// A member.
    Member(String),
}

/// A step leads nowhere: the value there is of another kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Astray {
    step: Step,
    kind: &'static str,
}

impl Filter {
    /// What the path leads to, in order. What an object does not have is `null`, as in jq.
    ///
    /// # Errors
    /// At the first step that its value cannot take.
    pub(super) fn run<'v>(&self, value: &'v Value) -> Result<Vec<&'v Value>, Astray> {
        let mut found = vec![value];
        for step in &self.0 {
            let next = found.into_iter().map(|value| step.take(value));
            found = next.collect::<Result<Vec<_>, _>>()?.concat();
        }
        Ok(found)
    }
}

impl Step {
    fn take<'v>(&self, value: &'v Value) -> Result<Vec<&'v Value>, Astray> {
        let one = |found: Option<&'v Value>| vec![found.unwrap_or(&Value::Null)];
        match (self, value) {
            (Self::All, Value::Array(all)) => Ok(all.iter().collect()),
            (Self::All, Value::Object(all)) => Ok(all.values().collect()),
            (Self::At(_) | Self::Member(_), Value::Null) => Ok(one(None)),
            (Self::At(at), Value::Array(all)) => {
                let at = match usize::try_from(*at) {
                    Ok(at) => Some(at),
                    Err(_) => usize::try_from(at.unsigned_abs())
                        .ok()
                        .and_then(|back| all.len().checked_sub(back)),
                };
                Ok(one(at.and_then(|at| all.get(at))))
            }
            (Self::Member(name), Value::Object(all)) => Ok(one(all.get(name))),
            _ => Err(Astray {
                step: self.clone(),
                kind: kind(value),
            }),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "an array",
        Value::Bool(_) => "a boolean",
        Value::Null => "null",
        Value::Number(_) => "a number",
        Value::Object(_) => "an object",
        Value::String(_) => "a string",
    }
}

impl fmt::Display for Astray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind;
        match &self.step {
            Step::All => write!(f, "{kind} has nothing to go through with `[]`"),
            Step::At(at) => write!(f, "{kind} has no element `[{at}]`"),
            Step::Member(name) => write!(f, "{kind} has no member `{name}`"),
        }
    }
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for part in parts(text) {
            let mut rest = part.trim().chars().peekable();
            if rest.next_if_eq(&'.').is_none() {
                return Err(unknown(part.trim()));
            }
            // Behind the first point comes a name, a bracket or nothing.
            let mut point = true;
            while let Some(next) = rest.peek().copied() {
                let step = match next {
                    '[' => bracket(&mut rest),
                    '"' if point => quoted(&mut rest).map(Step::Member),
                    _ if point => name(&mut rest).map(Step::Member),
                    _ => None,
                };
                steps.push(step.ok_or_else(|| unknown(part.trim()))?);
                point = rest.next_if_eq(&'.').is_some();
                if point && rest.peek().is_none() {
                    return Err(unknown(part.trim()));
                }
            }
        }
        Ok(Self(steps))
    }
}

fn unknown(part: &str) -> String {
    format!(
        "`{part}` is no path such as `.values[0].name` or `.values[] | .name`; pipe to jq for more"
    )
}

/// The parts between `|`, but not those in quotes.
fn parts(text: &str) -> Vec<&str> {
    let mut in_quotes = false;
    let between = |c: char| {
        in_quotes ^= c == '"';
        c == '|' && !in_quotes
    };
    text.split(between).collect()
}

fn name(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    let is = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let name: String = std::iter::from_fn(|| rest.next_if(is)).collect();
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    (!name.is_empty() && !digit).then_some(name)
}

/// A name in quotes; escapes are not known.
fn quoted(rest: &mut Peekable<Chars<'_>>) -> Option<String> {
    rest.next_if_eq(&'"')?;
    let name: String = std::iter::from_fn(|| rest.next_if(|c| !"\"\\".contains(*c))).collect();
    rest.next_if_eq(&'"').map(|_| name)
}

fn bracket(rest: &mut Peekable<Chars<'_>>) -> Option<Step> {
    rest.next_if_eq(&'[')?;
    let step = match rest.peek()? {
        ']' => Step::All,
        '"' => Step::Member(quoted(rest)?),
        _ => {
            let number: String = std::iter::from_fn(|| rest.next_if(|c| *c != ']')).collect();
            Step::At(number.parse().ok()?)
        }
    };
    rest.next_if_eq(&']').map(|_| step)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(filter: &str) -> String {
        let value = json!({
            "accountId": "ada", "total": 2, "a b|c": true,
            "values": [{ "key": "A" }, { "key": "B", "lead": { "name": "Bo" } }],
        });
        let filter: Filter = match filter.parse() {
            Ok(filter) => filter,
            Err(_) => return "refused".to_owned(),
        };
        match filter.run(&value) {
            Ok(found) => json!(found).to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn paths_lead_where_they_lead_in_jq() {
        for (filter, expected) in [
            (".accountId", r#"["ada"]"#),
            (". | .total", "[2]"),
            (".values[].key", r#"["A","B"]"#),
            (".values[] | .lead.name", r#"[null,"Bo"]"#),
            (".values[0]", r#"[{"key":"A"}]"#),
            (".values[-1].key", r#"["B"]"#),
            (".values[-3].key", "[null]"),
            (".values[7].key", "[null]"),
            (".values.[1].key", r#"["B"]"#),
            (".[\"total\"]", "[2]"),
            (".\"a b|c\"", "[true]"),
            (".nothing.below", "[null]"),
        ] {
            assert_eq!(check(filter), expected, "{filter}");
        }
    }

    #[test]
    fn a_step_that_a_value_cannot_take_is_told() {
        for (filter, expected) in [
            (".accountId.x", "a string has no member `x`"),
            (".values.key", "an array has no member `key`"),
            (".[0]", "an object has no element `[0]`"),
            (".total[]", "a number has nothing to go through with `[]`"),
        ] {
            assert_eq!(check(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_else_jq_can_do_is_refused() {
        for filter in [
            "",
            "values",
            ".a.",
            ".a..b",
            "..",
            ".[",
            ".[1",
            ".[a]",
            ".a b",
            ".1",
            ".a-b",
            ".a?",
            "length",
            ".a | length",
            ".a | ",
            "map(.a)",
            ".a, .b",
            ".\"a",
            ".\"a\\\"\"",
            ".[1:2]",
        ] {
            assert_eq!(check(filter), "refused", "{filter}");
        }
    }
}
