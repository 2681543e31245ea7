//! The validator from outside: descriptor text in, findings out.

mod corpus;
#[cfg(feature = "json-schema")]
mod custom_schema;
mod differential;
mod facts;
mod findings_page;
mod fixtures;
mod manifest;
mod migrate;
mod mutate;
mod noise;
mod place;
mod schema;
mod settings;
mod syntax;
mod top;

use std::path::Path;

use connect_validator::{Finding, Options, check, fix};

/// A descriptor that nothing can be said about.
const GOOD: &str = r#"{
  "key": "com.example.app",
  "name": "Example",
  "description": "Shows what a descriptor needs.",
  "vendor": { "name": "Example", "url": "https://example.com" },
  "baseUrl": "{{localBaseUrl}}",
  "authentication": { "type": "jwt" },
  "apiMigrations": { "signed-install": true },
  "lifecycle": { "installed": "/installed", "uninstalled": "/uninstalled" },
  "scopes": ["READ"],
  "modules": {
    "generalPages": [
      {
        "key": "hello",
        "url": "/hello",
        "name": { "value": "Hello" },
        "location": "system.top.navigation.bar"
      }
    ]
  }
}
"#;

fn findings(source: &str) -> Vec<Finding> {
    check(source, &Options::default()).findings
}

/// `code line:column` of every finding, so that a test reads like a list.
fn short(source: &str) -> Vec<String> {
    let findings = findings(source);
    let line = |f: &Finding| format!("{} {}:{}", f.code, f.span.line, f.span.column);
    findings.iter().map(line).collect()
}

/// The good descriptor with one text replaced; panics if the text is not in it.
fn with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from} is not in the good descriptor");
    GOOD.replacen(from, to, 1)
}

/// The text with all fixes of all findings applied.
fn fixed(source: &str) -> String {
    fix::apply(source, &findings(source)).0
}

/// Holds a text against the file that was reviewed; `CONNECT_BLESS=1` writes that anew.
#[expect(
    clippy::disallowed_methods,
    reason = "a test reads and writes what it expects on disk"
)]
fn assert_reviewed(path: &Path, text: &str) {
    if std::env::var_os("CONNECT_BLESS").is_some() {
        std::fs::write(path, text).expect("a writable file");
    }
    let reviewed = std::fs::read_to_string(path).expect("a file that was reviewed");
    for (line, (now, before)) in text.lines().zip(reviewed.lines()).enumerate() {
        assert_eq!(now, before, "line {} of {}", line + 1, path.display());
    }
    let advice = "run the tests with CONNECT_BLESS=1 and review the change";
    assert!(text == reviewed, "{}: {advice}", path.display());
}

#[test]
fn a_good_descriptor_has_no_findings() {
    assert_eq!(findings(GOOD), []);
}
