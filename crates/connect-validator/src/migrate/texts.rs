//! Texts of a descriptor in a manifest: placeholders become values or variables.

use std::collections::HashSet;

use crate::Placeholders;
use crate::placeholder::{Found, Style};

/// Fills in placeholders, and remembers those that nobody gave a value.
pub(super) struct Texts<'o> {
    values: &'o Placeholders,
    /// The key of the app, if the descriptor has it without a placeholder.
    key: Option<&'o str>,
    /// Variable and placeholder, in the order in which they were met.
    pub(super) variables: Vec<(String, String)>,
    /// The same variables, to be found.
    known: HashSet<String>,
}

impl<'o> Texts<'o> {
    pub(super) fn new(values: &'o Placeholders, key: Option<&'o str>) -> Self {
        let plain = |key: &&str| Found::all(key).next().is_none();
        Self {
            values,
            key: key.filter(plain),
            variables: Vec::new(),
            known: HashSet::new(),
        }
    }

    /// The text as a manifest has it.
    pub(super) fn fill(&mut self, text: &str) -> String {
        let mut filled = String::new();
        let mut copied = 0;
        for found in Found::all(text) {
            // `${issue.key}` is a parameter that the host fills in.
            let known = self.value(found.name).map(str::to_owned);
            let is_parameter = found.style == Style::Dollar && found.name.contains('.');
            if known.is_none() && is_parameter && !is_base_url(found.name) && !is_key(found.name) {
                continue;
            }
            filled.push_str(&text[copied..found.start]);
            copied = found.end;
            match known {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&self.variable(found.name, &text[found.start..found.end])),
            }
        }
        filled.push_str(&text[copied..]);
        filled
    }

    /// The reference to the variable that stands for something.
    pub(super) fn variable(&mut self, name: &str, written: &str) -> String {
        let wanted = match name {
            name if is_base_url(name) => BASE_URL.to_owned(),
            name if is_key(name) => "CONNECT_KEY".to_owned(),
            "environment" => "CONNECT_ENVIRONMENT".to_owned(),
            name => variable_name(name),
        };
        if self.known.insert(wanted.clone()) {
            self.variables.push((wanted.clone(), written.to_owned()));
        }
        format!("${{{wanted}}}")
    }

    /// The base URL of the app, if the caller gave it: it stands above that of the descriptor.
    pub(super) fn base_url(&self) -> Option<&'o str> {
        self.values.local_base_url.as_deref()
    }

    fn value(&self, name: &str) -> Option<&str> {
        match name {
            name if is_base_url(name) => self.base_url(),
            name if is_key(name) => self.values.app_key.as_deref().or(self.key),
            "environment" => self.values.environment.as_deref(),
            name => self.values.others.get(name).map(String::as_str),
        }
    }
}

fn is_base_url(name: &str) -> bool {
    matches!(name, "localBaseUrl" | "addon.base-url")
}

fn is_key(name: &str) -> bool {
    matches!(name, "appKey" | "addon.key")
}

/// A name as Forge takes it for a variable: letters, digits and `_`, no digit in front. Two placeholders may share
/// one, if they differ in nothing else.
fn variable_name(name: &str) -> String {
    let mut variable = String::new();
    for c in name.chars().take(LONGEST) {
        match c.to_ascii_uppercase() {
            c if c.is_ascii_alphanumeric() => variable.push(c),
            _ if variable.ends_with('_') || variable.is_empty() => {}
            _ => variable.push('_'),
        }
    }
    let variable = variable.trim_end_matches('_');
    match variable.chars().next() {
        None => "PLACEHOLDER".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{variable}"),
        Some(_) => variable.to_owned(),
    }
}

/// Longest name that is made of a placeholder.
const LONGEST: usize = 60;

/// The variable for the base URL of the app.
const BASE_URL: &str = "CONNECT_BASE_URL";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, filled: &str, variables: &[&str]) {
        let values = Placeholders::default();
        let mut texts = Texts::new(&values, Some("com.example.app"));
        assert_eq!(texts.fill(text), filled);
        let names: Vec<_> = texts
            .variables
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, variables, "{text}");
    }

    #[test]
    fn placeholders_become_values_or_variables() {
        check("{{appKey}}-x", "com.example.app-x", &[]);
        check(
            "{{localBaseUrl}}/a",
            "${CONNECT_BASE_URL}/a",
            &["CONNECT_BASE_URL"],
        );
        check(
            "${addon.base-url}/a",
            "${CONNECT_BASE_URL}/a",
            &["CONNECT_BASE_URL"],
        );
        check(
            "{{environment}}",
            "${CONNECT_ENVIRONMENT}",
            &["CONNECT_ENVIRONMENT"],
        );
        check(
            "{{ a.b-c }}/__KEY__/{{a b c}}",
            "${A_B_C}/${KEY}/${A_B_C}",
            &["A_B_C", "KEY"],
        );
        check("{% url '1' %}", "${URL_1}", &["URL_1"]);
        check(
            "{{}} {{1}} {{ü}}",
            "${PLACEHOLDER} ${_1} ${PLACEHOLDER}",
            &["PLACEHOLDER", "_1"],
        );
    }

    #[test]
    fn parameters_of_the_host_stay_as_they_are() {
        check(
            "/a?i={issue.key}&j=${issue.key}",
            "/a?i={issue.key}&j=${issue.key}",
            &[],
        );
    }
}
