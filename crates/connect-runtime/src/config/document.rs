//! A JSON5 file whose values remember their lines.

use std::collections::HashMap;

use jsonc_parser::{
    CollectOptions, ParseOptions,
    ast::{ObjectPropName, Value as Node},
    common::Ranged,
    parse_to_ast,
};
use serde_json::{Map, Value};

use super::Finding;

/// A JSON5 file: ACE reads comments and trailing commas in all of its files, and so do we.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) root: Map<String, Value>,
    lines: HashMap<String, usize>,
}

impl Document {
    /// Reads a file's text; `file` is its name in findings. An empty file is an empty object.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, Finding> {
        let text = text.trim_start_matches('\u{feff}');
        let options = ParseOptions {
            allow_missing_commas: false,
            ..ParseOptions::default()
        };
        let finding = |line, message: String| Finding {
            file: file.to_owned(),
            line,
            key: String::new(),
            message,
        };
        let parsed = parse_to_ast(text, &CollectOptions::default(), &options)
            .map_err(|error| finding(error.line_display(), error.kind().to_string()))?;
        let Some(node) = parsed.value else {
            return Ok(Self::default());
        };
        let mut document = Self::default();
        document.locate(text, &node, "");
        match Value::from(node) {
            Value::Object(root) => document.root = root,
            _ => return Err(finding(1, "not a JSON object".to_owned())),
        }
        Ok(document)
    }

    /// The line of a value, 1 for the first; by JSON pointer.
    pub(crate) fn line(&self, pointer: &str) -> usize {
        self.lines.get(pointer).copied().unwrap_or(1)
    }

    fn locate(&mut self, text: &str, node: &Node<'_>, pointer: &str) {
        let line = 1 + text[..node.start()].matches('\n').count();
        self.lines.insert(pointer.to_owned(), line);
        match node {
            Node::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    self.locate(text, element, &format!("{pointer}/{index}"));
                }
            }
            Node::Object(object) => {
                for property in &object.properties {
                    let name = match &property.name {
                        ObjectPropName::String(name) => name.value.as_ref(),
                        ObjectPropName::Word(name) => name.value,
                    };
                    self.locate(text, &property.value, &format!("{pointer}/{name}"));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json5_is_read_with_its_lines() {
        let text =
            "\u{feff}{\n  // a comment\n  development: { port: 3000, },\n  'product': \"jira\"\n}";
        let document = Document::parse("config.json", text).unwrap();
        assert_eq!(document.root["development"]["port"], 3000);
        assert_eq!(document.line("/development/port"), 3);
        assert_eq!(document.line("/product"), 4);
    }

    #[test]
    fn what_cannot_be_read_is_found_at_its_line() {
        // The comma is missing at the end of line 2.
        let finding = Document::parse("config.json", "{\n \"a\": 1\n \"b\": 2\n}").unwrap_err();
        assert_eq!(finding.line, 2);
        assert!(Document::parse("config.json", "[]").is_err());
        assert!(Document::parse("config.json", "").unwrap().root.is_empty());
    }
}
