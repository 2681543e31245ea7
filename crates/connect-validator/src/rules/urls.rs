//! Rules for addresses within modules and for callbacks.

use super::known;
use crate::Product;
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Node, Range, quoted, shorten};
use crate::placeholder::{Found, Style};
use crate::suggest::nearest;
use crate::table::TextRule;
use crate::table::lists::{BITBUCKET_PARAMETERS, CONFLUENCE_PARAMETERS, JIRA_PARAMETERS};

/// Checks an address; the walk is at it.
pub(crate) fn check<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, rule: TextRule) {
    let Some(raw) = node.as_str() else {
        return;
    };
    for (host, since) in RETIRED {
        if raw.contains(host) {
            let message = format!("`{host}` was shut down on {since}");
            checker.report(&codes::URL_RETIRED_HOST, node.range, message);
        }
    }
    form(checker, node, raw, rule);
    if raw.contains(['{', '}']) && rule != TextRule::Callback {
        parameters(checker, node, raw);
    }
}

fn form<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, raw: &'t str, rule: TextRule) {
    if raw.is_empty() {
        return;
    }
    let replace = |text: &str| vec![(node.range, quoted(text))];
    if raw.contains(' ') {
        let right = raw.trim().replace(' ', "%20");
        checker
            .report(&codes::URL_SPACE, node.range, "an address has no spaces")
            .did_you_mean(&shorten(&right), replace(&right));
    }
    let path = raw.split(['?', '#']).next().unwrap_or_default();
    if path.split('/').any(|segment| segment == "..") {
        let message = "`..` leaves the base URL: hosts do not resolve it alike";
        checker.report(&codes::URL_DOT_SEGMENT, node.range, message);
    }
    let relative = matches!(rule, TextRule::AppUrl | TextRule::Callback);
    if !relative || checker.model.product == Some(Product::Bitbucket) {
        return;
    }
    if let Some(rest) = below_base(checker.model.base_url, raw) {
        let right = if rest.starts_with('/') {
            rest.to_owned()
        } else {
            format!("/{rest}")
        };
        let message = "the base URL is put in front of this anyway";
        checker
            .report(&codes::URL_ABSOLUTE, node.range, message)
            .did_you_mean(&shorten(&right), replace(&right));
    } else if raw.starts_with("https://") || raw.starts_with("http://") || raw.starts_with("//") {
        let message = format!(
            "`{}` is absolute: expected a path, relative to the base URL",
            shorten(raw)
        );
        checker.report(&codes::URL_ABSOLUTE, node.range, message);
    } else if !raw.starts_with(['/', '{', '$', '?']) {
        let right = format!("/{raw}");
        let message = "this is put right behind the base URL: it must begin with `/`";
        checker
            .report(&codes::URL_NO_SLASH, node.range, message)
            .did_you_mean(&shorten(&right), replace(&right));
    }
}

/// What follows the base URL, if the text begins with it.
fn below_base<'u>(base: Option<&str>, raw: &'u str) -> Option<&'u str> {
    let literal = base
        .filter(|base| !base.is_empty())
        .and_then(|base| raw.strip_prefix(base));
    literal.or_else(|| {
        let first = Found::all(raw).next().filter(|found| found.start == 0)?;
        matches!(first.name, "localBaseUrl" | "addon.base-url").then(|| &raw[first.end..])
    })
}

/// `{issue.key}` and its like.
fn parameters<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, raw: &'t str) {
    let templates = checker.is_at("templateUrl");
    let in_macro =
        checker.is_within("dynamicContentMacros") || checker.is_within("staticContentMacros");
    let mut rest = 0;
    for _ in 0..MOST_PARAMETERS {
        let Some(at) = raw[rest..].find(['{', '}']) else {
            return;
        };
        let open = rest + at;
        // A `$` or another brace before it makes it another kind of placeholder.
        let from = if raw[..open].ends_with('$') {
            open - 1
        } else {
            open
        };
        let found = Found::all(&raw[from..]).next();
        if let Some(found) = found.filter(|f| f.start == 0 && f.style != Style::Underscores) {
            let (start, end) = (from, from + found.end);
            if found.style == Style::Dollar && is_parameter(found.name) {
                dollar(checker, node, raw, start, end);
            } else if found.style == Style::Braces && is_parameter(found.name) {
                doubled(checker, node, raw, start, end);
            }
            rest = end.max(open + 1);
            continue;
        }
        let close = raw[open..].find('}').map(|length| open + length);
        let (true, Some(close)) = (raw.as_bytes()[open] == b'{', close) else {
            let range = inside(node, raw, open, open + 1);
            checker.report(&codes::URL_BRACES, range, "this brace has no other half");
            return;
        };
        let name = &raw[open + 1..close];
        if !templates {
            parameter(checker, node, raw, (open, close + 1), name, in_macro);
        }
        rest = close + 1;
    }
}

fn parameter<'t>(
    checker: &mut Checker<'t>,
    node: &'t Node<'t>,
    raw: &str,
    (start, end): (usize, usize),
    name: &str,
    in_macro: bool,
) {
    let range = inside(node, raw, start, end);
    if name == "jwt" {
        checker
            .report(
                &codes::URL_JWT,
                range,
                "there is no parameter `jwt`: hosts add the token by themselves",
            )
            .label("leave it out");
        return;
    }
    if REMOVED.contains(&name) {
        let message = format!("the parameter `{name}` was removed: its value stays empty");
        checker
            .report(&codes::URL_UNKNOWN_PARAMETER, range, message)
            .help("take the user from the claim `sub` of the token");
        return;
    }
    if in_macro || name.starts_with("condition.") || is_known(checker.model.product, name) {
        return;
    }
    let names = known(
        checker.model.product,
        BITBUCKET_PARAMETERS,
        CONFLUENCE_PARAMETERS,
        JIRA_PARAMETERS,
    );
    let meant = nearest(name, names);
    let message = match checker.model.product {
        Some(product) if is_known(None, name) => {
            format!("{product} has no parameter `{name}`: another product does")
        }
        _ => format!("unknown parameter `{}`", shorten(name)),
    };
    let draft = checker.report(&codes::URL_UNKNOWN_PARAMETER, range, message);
    match meant {
        Some(meant) => {
            let right = format!("{{{meant}}}");
            draft.did_you_mean(&right, vec![(range, right.clone())]);
        }
        None => {
            draft
                .level(Level::Info)
                .help("hosts leave an unknown parameter empty");
        }
    }
}

fn dollar<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, raw: &str, start: usize, end: usize) {
    let range = inside(node, raw, start, end);
    let right = &raw[start + 1..end];
    checker
        .report(
            &codes::URL_DOLLAR,
            range,
            "parameters are written without `$`",
        )
        .did_you_mean(right, vec![(range, right.to_owned())]);
}

fn doubled<'t>(checker: &mut Checker<'t>, node: &'t Node<'t>, raw: &str, start: usize, end: usize) {
    let range = inside(node, raw, start, end);
    let right = &raw[start + 1..end - 1];
    checker
        .report(
            &codes::URL_DOLLAR,
            range,
            "parameters are written in single braces",
        )
        .did_you_mean(right, vec![(range, right.to_owned())]);
}

/// The place of a part of a string, if the source spells it like its value; else of the whole string.
fn inside(node: &Node<'_>, raw: &str, start: usize, end: usize) -> Range {
    if node.range.end - node.range.start == raw.len() + 2 {
        Range::new(node.range.start + 1 + start, node.range.start + 1 + end)
    } else {
        node.range
    }
}

fn is_known(product: Option<Product>, name: &str) -> bool {
    known(
        product,
        BITBUCKET_PARAMETERS,
        CONFLUENCE_PARAMETERS,
        JIRA_PARAMETERS,
    )
    .any(|known| known == name)
}

/// Whether a name in the wrong brackets is one that hosts fill in, not one of the app's build.
pub(crate) fn is_parameter(name: &str) -> bool {
    is_known(None, name)
}

/// Parameters of the time before account identifiers.
const REMOVED: &[&str] = &["loc", "tz", "user_id", "user_key"];

/// Hosts that answered once, and the day they stopped.
const RETIRED: &[(&str, &str)] = &[("aui-cdn.atlassian.com", "30 October 2026")];

/// No address has more; each is compared with all known names.
const MOST_PARAMETERS: usize = 100;
