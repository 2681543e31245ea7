//! Checks `manifest.yml`, the manifest of a Forge app, for all that concerns Connect.
//!
//! Bodies of `connectModules` are held against the tables of descriptors: `forge lint` looks at their names only.
//! Modules of Forge itself are checked as far as Connect meets them: names, keys, remotes and scopes.
//! Follows Atlassian's documentation "Adopt Forge from Connect" and the behaviour of Forge's manifest checks 13.7.

mod app;
mod connect;
mod forge;
pub(crate) mod names;

pub(crate) use connect::prefix;

use crate::checker::Checker;
use crate::codes::{self, Code};
use crate::json::{Node, Object, Range, Value, shorten};
use crate::model::Model;
use crate::shape::{head, listed};
use crate::yaml::{self, ProblemKind};
use crate::{Options, Report};

/// Checks the text of a `manifest.yml`. The product of `options` is not used: a manifest serves several.
///
/// No finding has a fix: what a change does to the layout of YAML cannot be foreseen.
pub fn check_manifest(source: &str, options: &Options) -> Report {
    let mut checker = Checker::new(source, options);
    checker.offers_fixes = false;
    if source.len() > MAX_BYTES {
        let message = format!(
            "the file has {} bytes, Forge takes at most {MAX_BYTES}",
            source.len()
        );
        checker.report(&codes::MANIFEST_TOO_LARGE, Range::new(0, 0), message);
        return checker.finish();
    }
    let mut parsed = yaml::parse(source);
    if let Some(problem) = parsed.problem {
        let code = match problem.kind {
            ProblemKind::Syntax => &codes::MANIFEST_SYNTAX,
            ProblemKind::TooLarge => &codes::MANIFEST_TOO_LARGE,
        };
        checker.report(code, problem.range, problem.message);
        return checker.finish();
    }
    if let Some(root) = &mut parsed.root {
        connect::resolve_slips(root);
    }
    match &parsed.root {
        Some(root) if root.as_object().is_some() => manifest(&mut checker, root),
        Some(root) => wrong_type(&mut checker, "", root, "the manifest", "a mapping"),
        None => {
            let message = "the manifest is empty";
            checker.report(&codes::MANIFEST_SYNTAX, Range::new(0, 0), message);
        }
    }
    checker.finish()
}

fn manifest<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    doubles(checker, root);
    let about = About::new(root);
    checker.is_dated = about.has_connect_modules;
    let remote = about
        .connect_remote
        .and_then(|key| about.remotes.iter().find(|remote| remote.key == Some(key)));
    let base_url = remote.and_then(|remote| remote.node.get("baseUrl"));
    checker.model = Model::of_manifest(connect::modules(root), base_url.and_then(Node::as_str));
    app::check(checker, root, &about);
    app::remotes(checker, &about);
    app::scopes(checker, &about);
    connect::check(checker, root, &about);
    forge::check(checker, root, &about);
}

/// What several rules need to know of the manifest.
struct About<'t> {
    /// `app.connect.remote`.
    connect_remote: Option<&'t str>,
    has_connect_modules: bool,
    remotes: Vec<Remote<'t>>,
    scopes: Vec<Scope<'t>>,
    /// `permissions.scopes` can be read as a whole.
    knows_scopes: bool,
}

struct Remote<'t> {
    index: usize,
    key: Option<&'t str>,
    node: &'t Node<'t>,
}

struct Scope<'t> {
    name: &'t str,
    range: Range,
    pointer: String,
}

impl<'t> About<'t> {
    fn new(root: &'t Node<'t>) -> Self {
        let connect = root.get("app").and_then(|app| app.get("connect"));
        let remotes = root.get("remotes").and_then(Node::as_array);
        let remotes = remotes.unwrap_or_default().iter().enumerate();
        let mut about = Self {
            connect_remote: connect
                .and_then(|connect| connect.get("remote"))
                .and_then(Node::as_str),
            has_connect_modules: root.get("connectModules").is_some(),
            remotes: remotes
                .map(|(index, node)| Remote {
                    index,
                    key: node.get("key").and_then(Node::as_str),
                    node,
                })
                .collect(),
            scopes: Vec::new(),
            knows_scopes: true,
        };
        let scopes = root
            .get("permissions")
            .and_then(|permissions| permissions.get("scopes"));
        match scopes.map(|node| &node.value) {
            Some(Value::Array(array)) => {
                for (index, item) in array.items.iter().enumerate() {
                    let Some(name) = item.as_str() else {
                        about.knows_scopes = false;
                        continue;
                    };
                    let pointer = format!("/permissions/scopes/{index}");
                    let range = item.range;
                    about.scopes.push(Scope {
                        name,
                        range,
                        pointer,
                    });
                }
            }
            Some(Value::Object(object)) => {
                about.knows_scopes = !object.damaged;
                about
                    .scopes
                    .extend(object.members.iter().map(|member| Scope {
                        name: &member.key,
                        range: member.key_range,
                        pointer: format!("/permissions/scopes/{}", escaped(&member.key)),
                    }));
            }
            Some(_) => about.knows_scopes = false,
            None => {}
        }
        about.knows_scopes &= about.scopes.iter().all(|scope| !scope.name.contains("${"));
        about
    }

    /// Whether one of the scopes is there, as far as can be told.
    fn has_scope(&self, wanted: impl Fn(&str) -> bool) -> bool {
        !self.knows_scopes || self.scopes.iter().any(|scope| wanted(scope.name))
    }
}

fn doubles<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>) {
    match &node.value {
        Value::Array(array) => {
            for (index, item) in array.items.iter().enumerate() {
                checker.item(index, |checker| doubles(checker, item));
            }
        }
        Value::Object(object) => {
            for member in &object.members {
                checker.member(member.written(), |checker| {
                    if member.double_of.is_some() {
                        let key = shorten(&member.key);
                        let message = format!("the key `{key}` stands twice in this mapping");
                        checker.report(&codes::MANIFEST_DUPLICATE_KEY, member.key_range, message);
                    }
                    doubles(checker, &member.value);
                });
            }
        }
        _ => {}
    }
}

/// A reference token of a JSON pointer (RFC 6901, section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A value that is filled in by the Forge CLI: `${NAME}`.
fn is_variable(text: &str) -> bool {
    text.contains("${")
}

fn wrong_type(checker: &mut Checker<'_>, at: &str, node: &Node<'_>, what: &str, expected: &str) {
    let found = match node.kind() {
        "an array" => "a list",
        "an object" => "a mapping",
        "null" => "nothing",
        other => other,
    };
    let message = format!("`{what}` must be {expected}, found {found}");
    checker.report_at(
        &codes::MANIFEST_WRONG_TYPE,
        head(node),
        at.to_owned(),
        message,
    );
}

fn missing(checker: &mut Checker<'_>, at: &str, node: &Node<'_>, what: &str, field: &str) {
    let message = format!("`{what}` needs the field `{field}`, found none");
    checker
        .report_at(
            &codes::MANIFEST_MISSING_FIELD,
            head(node),
            at.to_owned(),
            message,
        )
        .label(format!("`{field}` is required"));
}

/// A field that must be there, unless a merge or a mistake hides it.
fn required<'t>(
    checker: &mut Checker<'t>,
    at: &str,
    node: &'t Node<'t>,
    what: &str,
    field: &str,
) -> Option<&'t Node<'t>> {
    let object: &Object<'_> = node.as_object()?;
    let found = object.get(field);
    if found.is_none() && !object.damaged {
        missing(checker, at, node, what, field);
    }
    found
}

/// A text; anything else is said to be wrong.
fn text<'t>(
    checker: &mut Checker<'t>,
    at: &str,
    node: &'t Node<'t>,
    what: &str,
) -> Option<&'t str> {
    let found = node.as_str();
    if found.is_none() {
        wrong_type(checker, at, node, what, "a text");
    }
    found
}

/// A text out of a closed list.
fn one_of<'t>(
    checker: &mut Checker<'t>,
    at: &str,
    node: &'t Node<'t>,
    what: &str,
    values: &[&'static str],
) {
    let Some(found) = text(checker, at, node, what) else {
        return;
    };
    if is_variable(found) || values.contains(&found) {
        return;
    }
    let message = format!("`{}` is not a value of `{what}`", shorten(found));
    suggest(
        checker,
        &codes::MANIFEST_UNKNOWN_VALUE,
        (node.range, at),
        message,
        crate::suggest::nearest(found, values.iter().copied()),
    )
    .help(format!("expected {}", listed(values)));
}

fn suggest<'c>(
    checker: &'c mut Checker<'_>,
    code: &'static Code,
    (range, pointer): (Range, &str),
    message: String,
    meant: Option<&str>,
) -> &'c mut crate::checker::Draft {
    let draft = checker.report_at(code, range, pointer.to_owned(), message);
    if let Some(meant) = meant {
        draft.did_you_mean(meant, Vec::new());
    }
    draft
}

/// Largest manifest that Forge takes: 200 kilobytes.
const MAX_BYTES: usize = 200 * 1024;
