//! `app`, `remotes` and `permissions`.

use super::{About, Remote, is_variable, missing, one_of, required, suggest, text, wrong_type};
use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, shorten};
use crate::shape::head;
use crate::suggest::nearest;

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>, about: &About<'t>) {
    let Some(app) = required(checker, "", root, "the manifest", "app") else {
        return;
    };
    if app.as_object().is_none() {
        return wrong_type(checker, "/app", app, "app", "a mapping");
    }
    if let Some(id) = required(checker, "/app", app, "app", "id") {
        text(checker, "/app/id", id, "app.id");
    }
    if let Some(runtime) = required(checker, "/app", app, "app", "runtime")
        && let Some(name) = required(checker, "/app/runtime", runtime, "app.runtime", "name")
    {
        let at = "/app/runtime/name";
        one_of(checker, at, name, "app.runtime.name", RUNTIMES);
    }
    match app.get("connect") {
        Some(connect) if connect.as_object().is_some() => self::connect(checker, connect, about),
        Some(connect) => wrong_type(checker, "/app/connect", connect, "app.connect", "a mapping"),
        None if about.has_connect_modules => {
            missing(checker, "/app", app, "app", "connect");
        }
        None => {}
    }
}

fn connect<'t>(checker: &mut Checker<'t>, connect: &'t Node<'t>, about: &About<'t>) {
    let at = "/app/connect";
    if let Some(key) = required(checker, at, connect, "app.connect", "key") {
        let right = |text: &str| text.len() <= 90 && is_name(text, b"._-");
        let says = "1 to 90 letters, digits, `.`, `_` and `-`";
        form(
            checker,
            "/app/connect/key",
            key,
            "app.connect.key",
            right,
            says,
        );
    }
    if let Some(authentication) = connect.get("authentication") {
        let at = "/app/connect/authentication";
        one_of(
            checker,
            at,
            authentication,
            "app.connect.authentication",
            &["jwt"],
        );
        if !about.has_connect_modules {
            let message = "`app.connect.authentication` needs `connectModules`, found none";
            checker
                .report_at(
                    &codes::MANIFEST_NO_CONNECT_MODULES,
                    authentication.range,
                    at.into(),
                    message,
                )
                .help("take `authentication` out once no Connect module is left");
        }
    }
    match connect.get("remote") {
        Some(remote) => connect_remote(checker, remote, about),
        None if about.has_connect_modules => {
            let message = "`connectModules` need `app.connect.remote`, found none";
            let help = match about.remotes.first().and_then(|remote| remote.key) {
                Some(key) => format!("add `remote: {}` to `app.connect`", shorten(key)),
                None => "name the entry of `remotes` that answers for the Connect modules".into(),
            };
            let range = head(connect);
            checker
                .report_at(&codes::MANIFEST_MISSING_REMOTE, range, at.into(), message)
                .help(help);
        }
        None if !about.remotes.is_empty() => {
            let message = "without `app.connect.remote` the region of a Connect installation is \
                           lost when it is upgraded";
            let range = head(connect);
            checker.report_at(&codes::MANIFEST_REGION_NOT_KEPT, range, at.into(), message);
        }
        None => {}
    }
}

fn connect_remote<'t>(checker: &mut Checker<'t>, remote: &'t Node<'t>, about: &About<'t>) {
    let (at, what) = ("/app/connect/remote", "app.connect.remote");
    let says = "1 to 23 letters, digits, `_` and `-`";
    let right = |text: &str| text.len() <= 23 && is_name(text, b"_-");
    if !form(checker, at, remote, what, right, says) {
        return;
    }
    let key = remote.as_str().unwrap_or_default();
    let found = about.remotes.iter().find(|one| one.key == Some(key));
    match found {
        Some(found) if found.node.get("configurable").is_some() => {
            let message =
                format!("the remote `{key}` is configurable: it cannot be the one of Connect");
            checker.report_at(
                &codes::MANIFEST_UNKNOWN_REMOTE,
                remote.range,
                at.into(),
                message,
            );
        }
        Some(_) => {}
        None => unknown_remote(checker, at, remote, about),
    }
}

/// A key that no remote has.
pub(super) fn unknown_remote<'t>(
    checker: &mut Checker<'t>,
    at: &str,
    node: &'t Node<'t>,
    about: &About<'t>,
) {
    let key = node.as_str().unwrap_or_default();
    if is_variable(key)
        || about
            .remotes
            .iter()
            .any(|remote| remote.key.is_none_or(is_variable))
    {
        return;
    }
    let message = format!("no remote has the key `{}`", shorten(key));
    let meant = nearest(key, about.remotes.iter().filter_map(|remote| remote.key));
    suggest(
        checker,
        &codes::MANIFEST_UNKNOWN_REMOTE,
        (node.range, at),
        message,
        meant,
    );
}

/// Whether a text has the form that its field asks for.
fn form<'t>(
    checker: &mut Checker<'t>,
    at: &str,
    node: &'t Node<'t>,
    what: &str,
    right: impl Fn(&str) -> bool,
    says: &str,
) -> bool {
    let Some(found) = text(checker, at, node, what) else {
        return false;
    };
    if is_variable(found) {
        return false;
    }
    let right = right(found);
    if !right {
        let message = format!("`{}` cannot be `{what}`: expected {says}", shorten(found));
        checker.report_at(&codes::MANIFEST_FORMAT, node.range, at.to_owned(), message);
    }
    right
}

fn is_name(text: &str, more: &[u8]) -> bool {
    let right = |b: u8| b.is_ascii_alphanumeric() || more.contains(&b);
    !text.is_empty() && text.bytes().all(right)
}

pub(super) fn remotes<'t>(checker: &mut Checker<'t>, about: &About<'t>) {
    let mut first: Option<(&Remote<'t>, Vec<&str>)> = None;
    for remote in &about.remotes {
        let at = format!("/remotes/{}", remote.index);
        if remote.node.as_object().is_none() {
            wrong_type(checker, &at, remote.node, "a remote", "a mapping");
            continue;
        }
        required(checker, &at, remote.node, "a remote", "key");
        let storing = operations(checker, &at, remote.node);
        if storing {
            let storage = required(checker, &at, remote.node, "a remote that stores", "storage");
            if let Some(storage) = storage {
                let at = format!("{at}/storage");
                required(checker, &at, storage, "storage", "inScopeEUD");
            }
        }
        let base = match remote.node.get("configurable") {
            Some(_) => remote.node.get("baseUrl"),
            None => required(checker, &at, remote.node, "a remote", "baseUrl"),
        };
        let Some(base) = base else {
            continue;
        };
        let at = format!("{at}/baseUrl");
        let Some(regions) = base.as_object() else {
            https(checker, &at, base);
            continue;
        };
        for member in &regions.members {
            https(
                checker,
                &format!("{at}/{}", super::escaped(&member.key)),
                &member.value,
            );
        }
        let mut names: Vec<&str> = regions.members.iter().map(|m| m.key.as_ref()).collect();
        names.sort_unstable();
        match &first {
            Some((before, expected)) if *expected != names => {
                let message = format!(
                    "this remote has the regions {}, but `{}` has {}",
                    names.join(", "),
                    shorten(before.key.unwrap_or("the first")),
                    expected.join(", ")
                );
                checker.report_at(&codes::MANIFEST_REGIONS, head(base), at, message);
            }
            Some(_) => {}
            None => first = Some((remote, names)),
        }
    }
}

/// Checks the operations of a remote, and says whether it stores.
fn operations<'t>(checker: &mut Checker<'t>, at: &str, remote: &'t Node<'t>) -> bool {
    let items = remote.get("operations").and_then(Node::as_array);
    let items = items.unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let at = format!("{at}/operations/{index}");
        one_of(checker, &at, item, "operations", OPERATIONS);
    }
    items.iter().any(|item| item.as_str() == Some("storage"))
}

fn https<'t>(checker: &mut Checker<'t>, at: &str, node: &'t Node<'t>) {
    let Some(url) = text(checker, at, node, "baseUrl") else {
        return;
    };
    let begins = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    if url.starts_with("${") || begins("https://") {
        return;
    }
    let message = match begins("http://") {
        true => format!("the remote `{}` is not called with https", shorten(url)),
        false => format!("`{}` is no URL that begins with `https://`", shorten(url)),
    };
    checker.report_at(
        &codes::MANIFEST_HTTP_REMOTE,
        node.range,
        at.to_owned(),
        message,
    );
}

pub(super) fn scopes(checker: &mut Checker<'_>, about: &About<'_>) {
    for scope in &about.scopes {
        let Some((name, product)) = scope.name.split_once(":connect-") else {
            continue;
        };
        let own = match product {
            "confluence" => "space-admin",
            "jira" => "project-admin",
            _ => "",
        };
        let known = CONNECT_SCOPES.contains(&name) || name == own;
        if is_variable(scope.name) || (known && !own.is_empty()) {
            continue;
        }
        let message = format!("unknown scope `{}`", shorten(scope.name));
        let at = (scope.range, scope.pointer.as_str());
        let draft = suggest(checker, &codes::MANIFEST_UNKNOWN_SCOPE, at, message, None);
        if own.is_empty() {
            draft.help("expected `:connect-jira` or `:connect-confluence` at the end");
        } else if name == "none" {
            draft.label("there is no such scope: leave it out");
        } else if let Some(meant) = nearest(name, CONNECT_SCOPES.iter().copied().chain([own])) {
            draft.did_you_mean(&format!("{meant}:connect-{product}"), Vec::new());
        }
    }
}

const CONNECT_SCOPES: &[&str] = &[
    "access-email-addresses",
    "act-as-user",
    "admin",
    "delete",
    "read",
    "write",
];

const OPERATIONS: &[&str] = &["compute", "fetch", "other", "storage"];

const RUNTIMES: &[&str] = &["nodejs20.x", "nodejs22.x", "nodejs24.x"];
