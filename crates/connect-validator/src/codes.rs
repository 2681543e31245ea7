//! Every kind of finding: its name, its level, and the text that explains it.

use crate::finding::Level;

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// Stable name, `area/what`.
    pub id: &'static str,
    /// The level a finding of this kind has unless its own circumstances say otherwise.
    pub level: Level,
    /// One line: what is wrong.
    pub title: &'static str,
    /// Why it matters and what to do, in a few sentences.
    pub explanation: &'static str,
    /// Name of the message with which a host refuses such a file, as its translations call it.
    pub host_error: Option<&'static str>,
}

/// The kind of finding of this name.
pub fn find(id: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.id == id)
}

macro_rules! codes {
    ($($name:ident = $id:literal, $level:ident, $title:literal, $host:expr, $text:literal;)*) => {
        $(pub(crate) static $name: Code = Code {
            id: $id,
            level: Level::$level,
            title: $title,
            explanation: $text,
            host_error: $host,
        };)*

        /// Every kind of finding there is, sorted by name.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

const SCHEMA: Option<&str> = Some("connect.install.error.remote.descriptor.validation");
const MALFORMED: Option<&str> = Some("connect.invalid.descriptor.malformed.json");

codes! {
    AUTH_INSTALLED_MISSING = "auth/installed-missing", Error,
        "JWT authentication without an `installed` callback",
        Some("connect.install.error.auth.with.no.installed.callback"),
        "An app with `authentication.type` `jwt`, which is also the default, receives its shared secret in the `installed` callback. \
        Without `lifecycle.installed` there is nobody to hand it to, and the host refuses the app. \
        Add `\"lifecycle\": { \"installed\": \"/installed\" }`, or set the type to `none` if the app never talks to the host.";
    BASE_URL_INVALID = "base-url/invalid", Error,
        "the base URL is not an absolute http or https URL",
        Some("connect.install.error.base_url.no_scheme"),
        "`baseUrl` is where the host finds the app: scheme, host, and optionally a port and a path. \
        All other URLs of the descriptor are taken relative to it.";
    DESCRIPTOR_DUPLICATE_KEY = "descriptor/duplicate-key", Error,
        "the same key twice in one object", None,
        "JSON readers disagree about which of the two counts, and most keep the last one without a word. \
        Remove or rename one of them.";
    DESCRIPTOR_FORMAT = "descriptor/format", Error,
        "a text that does not have the form its field needs", SCHEMA,
        "The field takes only texts of a certain form, such as letters and digits for a key.";
    DESCRIPTOR_MISSING_FIELD = "descriptor/missing-field", Error,
        "a required field is missing", SCHEMA,
        "The host refuses a descriptor in which a required field is missing.";
    DESCRIPTOR_NOT_STRICT_JSON = "descriptor/not-strict-json", Warning,
        "comments, trailing commas or other JSON5 in the descriptor", None,
        "A host reads strict JSON only. `connect` and ACE read JSON5 from disk and serve strict JSON, so this works with them, \
        but not when the file itself is put on a web server. `connect validate --fix` writes it strictly.";
    DESCRIPTOR_OUT_OF_RANGE = "descriptor/out-of-range", Error,
        "a number outside the range of its field", SCHEMA,
        "The field takes only numbers between certain limits.";
    DESCRIPTOR_SYNTAX = "descriptor/syntax", Error,
        "the file is not JSON", MALFORMED,
        "The text breaks the grammar of JSON, so nothing can read it. The place named is where the reader first noticed; \
        the cause is there or just before. What could be read in spite of it has been checked as well.";
    DESCRIPTOR_TEMPLATE = "descriptor/template", Warning,
        "the file is a template, not JSON", None,
        "Tags of a template engine stand outside of strings. They are skipped: what they will produce cannot be checked. \
        Check the text that the app serves instead: `connect validate http://localhost:3000/atlassian-connect.json`.";
    DESCRIPTOR_TOO_DEEP = "descriptor/too-deep", Error,
        "nested too deeply", None,
        "No descriptor needs so many levels. What lies deeper has not been checked.";
    DESCRIPTOR_TOO_LARGE = "descriptor/too-large", Error,
        "the file is larger than any descriptor", None,
        "Files beyond the limit are not read at all. Real descriptors have a few kilobytes; this is probably another file.";
    DESCRIPTOR_TOO_LONG = "descriptor/too-long", Error,
        "a text longer than its field takes", SCHEMA,
        "The field has a greatest length, counted in characters.";
    DESCRIPTOR_UNKNOWN_FIELD = "descriptor/unknown-field", Warning,
        "a field that no product knows", None,
        "Hosts ignore most fields they do not know, so a slip of the hand goes unnoticed: the field just has no effect. \
        Some objects take no other fields at all; there it is an error.";
    DESCRIPTOR_UNKNOWN_VALUE = "descriptor/unknown-value", Error,
        "a value that is not among those its field takes", SCHEMA,
        "The field takes one of a closed list of values, each all in lower case or all in upper case.";
    DESCRIPTOR_WRONG_PRODUCT = "descriptor/wrong-product", Error,
        "a descriptor of a product that no longer exists", None,
        "The file has the shape of a HipChat descriptor. No host takes it.";
    DESCRIPTOR_WRONG_TYPE = "descriptor/wrong-type", Error,
        "a value of the wrong type", SCHEMA,
        "The field takes another type of JSON value: for instance an object where a plain text stands, or a list instead of one object.";
    MODULE_UNKNOWN_TYPE = "module/unknown-type", Error,
        "a module type that no product has",
        Some("connect.install.error.unknown.module"),
        "Each member of `modules` is named after a module type. A host refuses a descriptor with a type it does not know.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_unique() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} {}", pair[0].id, pair[1].id);
        }
    }

    #[test]
    fn every_code_says_what_is_wrong_and_why() {
        for code in ALL {
            assert!(
                code.id.contains('/') && !code.id.ends_with('/'),
                "{}",
                code.id
            );
            assert!(!code.title.ends_with('.'), "{}", code.id);
            assert!(code.explanation.ends_with('.'), "{}", code.id);
            assert_eq!(find(code.id), Some(*code));
        }
    }
}
