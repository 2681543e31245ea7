//! Holds a file against a JSON Schema that its author names, and puts what the schema says into findings.
//!
//! Drafts 4 to 2020-12, as `$schema` says. Nothing is fetched: a schema stands for itself.
//! What only a template engine can tell is left unjudged, as in [`crate::check`].

mod violation;

use std::fmt;

use serde_json::{Map, Value};

use crate::checker::Checker;
use crate::codes::Subject;
use crate::finding::{Finding, Report};
use crate::json::{Node, ProblemKind, Value as Read};
use crate::{MAX_FINDINGS, Options, json, within_limit, yaml};

/// A JSON Schema, ready to use.
#[derive(Debug)]
pub struct CustomSchema {
    validator: jsonschema::Validator,
    text: Value,
}

/// Why a text is of no use as a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomSchemaError {
    /// The text is not JSON; whoever wrote it can mend it.
    NotJson {
        /// Line of the first character that does not fit, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
        /// What the reader expected.
        message: String,
    },
    /// It refers to another schema, or is of a draft that is not known. Only its own text is read.
    Reference(String),
    /// A keyword has a value that means nothing.
    Unusable {
        /// JSON pointer (RFC 6901) of the value in the schema.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
}

impl CustomSchema {
    /// Reads a schema.
    ///
    /// Relative addresses are good values of the format `uri`: those of a descriptor are relative to its base URL.
    ///
    /// # Errors
    /// When the text is not JSON, is no schema of a known draft, or needs another schema.
    pub fn parse(text: &str) -> Result<Self, CustomSchemaError> {
        let text: Value =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
                CustomSchemaError::NotJson {
                    line: error.line(),
                    column: error.column(),
                    message: error.to_string(),
                }
            })?;
        if !text.is_object() && !text.is_boolean() {
            return Err(CustomSchemaError::Unusable {
                pointer: String::new(),
                message: "a schema is an object, or `true` or `false`".into(),
            });
        }
        let validator = jsonschema::options()
            .offline()
            .with_format("uri", is_address)
            .with_format("uri-template", is_address)
            .build(&text)
            .map_err(|error| match error.kind() {
                jsonschema::error::ValidationErrorKind::Referencing(cause) => {
                    CustomSchemaError::Reference(cause.to_string())
                }
                _ => CustomSchemaError::Unusable {
                    pointer: error.instance_path().to_string(),
                    message: error.masked().to_string(),
                },
            })?;
        Ok(Self { validator, text })
    }

    /// All that the schema has to say against a file of this kind; nothing if the file cannot be read.
    pub fn check(&self, source: &str, subject: Subject, options: &Options) -> Vec<Finding> {
        if !within_limit(source) {
            return Vec::new();
        }
        let root = match subject {
            Subject::Manifest => yaml::parse(source).root,
            _ => Some(json::parse(source))
                .filter(|parsed| (parsed.problems.iter()).all(|p| is_harmless(p.kind)))
                .and_then(|parsed| parsed.root),
        };
        let Some(root) = root else {
            return Vec::new();
        };
        let value = value(&root, options);
        let mut checker = Checker::new(source, options);
        for error in self.validator.iter_errors(&value).take(MAX_FINDINGS + 1) {
            violation::report(&mut checker, &root, &error, &self.text);
        }
        let mut findings = checker.finish().findings;
        findings.dedup();
        findings
    }
}

impl Report {
    /// Adds findings from elsewhere, in their places.
    pub fn add(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
        self.findings
            .sort_by_key(|finding| (finding.span, finding.code));
    }
}

impl fmt::Display for CustomSchemaError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { message, .. } => write!(out, "it is not JSON: {message}"),
            Self::Reference(cause) => write!(out, "it needs what it does not hold: {cause}"),
            Self::Unusable { pointer, message } => write!(out, "at `#{pointer}`: {message}"),
        }
    }
}

impl std::error::Error for CustomSchemaError {}

fn is_harmless(kind: ProblemKind) -> bool {
    matches!(kind, ProblemKind::Relaxed(_))
}

/// Absolute or relative, with or without parameters in braces: whatever has neither spaces nor control characters.
///
/// Drafts 4 to 7 want an absolute address here, and a host puts the base URL in front before it looks.
fn is_address(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The value as a schema sees it: with placeholders filled in.
fn value(node: &Node<'_>, options: &Options) -> Value {
    match &node.value {
        Read::Array(array) => array
            .items
            .iter()
            .map(|item| value(item, options))
            .collect(),
        Read::Bool(value) => Value::Bool(*value),
        Read::Null | Read::Opaque => Value::Null,
        Read::Number(number) => whole(*number).unwrap_or_else(|| Value::from(*number)),
        Read::Object(object) => {
            let members = object.members.iter();
            let members = members.map(|m| (m.key.to_string(), value(&m.value, options)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Read::String(text) => Value::from(options.placeholders.fill(text).text.as_ref()),
    }
}

/// JSON has one kind of number; `3.0` is as whole as `3`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the bounds are those of whole numbers that a float holds exactly"
)]
fn whole(number: f64) -> Option<Value> {
    (number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0)
        .then(|| Value::from(number as i64))
}
