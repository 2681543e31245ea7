//! Small changes to the Rust sources of an app: only what is recognised for certain is changed,
//! and the result is laid out as rustfmt would.

use std::ops::Range;

/// The source with `mod NAME;` among its modules, which stand before everything but inner comments.
pub(super) fn with_module(source: &str, name: &str) -> Option<String> {
    let line = format!("mod {name};");
    let modules: Vec<(usize, &str)> = lines(source)
        .filter(|(_, text)| text.starts_with("mod ") && text.ends_with(';'))
        .collect();
    if modules.iter().any(|(_, text)| *text == line) {
        return None;
    }
    if let Some((first, _)) = modules.first() {
        // rustfmt keeps a group of modules in order.
        let group = lines(source)
            .skip_while(|(at, _)| at < first)
            .take_while(|(_, text)| text.starts_with("mod ") && text.ends_with(';'));
        let mut at = *first;
        for (start, text) in group {
            if text < line.as_str() {
                at = start + text.len() + 1;
            }
        }
        return Some(inserted(source, at, &format!("{line}\n")));
    }
    let is_head = |text: &str| text.is_empty() || text.starts_with("//!");
    let (at, _) = lines(source).find(|(_, text)| !is_head(text))?;
    Some(inserted(source, at, &format!("{line}\n\n")))
}

/// The source with one more call at the end of the expression that `fn routes()` answers with.
pub(super) fn with_route(source: &str, call: &str) -> Option<String> {
    let body = body(source, "fn routes() -> Routes {")?;
    let expression = last_expression(source, body)?;
    let text = &source[expression.clone()];
    let new = if text.contains('\n') {
        format!("{text}\n{INDENT}{INDENT}{}", wrapped(call))
    } else if text.len() + call.len() <= CHAIN {
        format!("{text}{call}")
    } else {
        let (root, calls) = chain(text)?;
        let mut broken = root.to_owned();
        for part in calls.iter().copied().chain([call]) {
            // Nothing is gained by a line of its own behind a root as short as the indentation.
            if broken.len() > INDENT.len() {
                broken.push('\n');
                broken.push_str(INDENT);
                broken.push_str(INDENT);
            }
            broken.push_str(&wrapped(part));
        }
        broken
    };
    Some(replaced(source, expression, &new))
}

/// The source with one more module that takes part in `fn setup(builder: Builder)`.
pub(super) fn with_setup(source: &str, module: &str) -> Option<String> {
    let body = body(source, "fn setup(builder: Builder) -> Builder {")?;
    let expression = last_expression(source, body.clone())?;
    if &source[expression.clone()] == "builder" {
        return Some(replaced(
            source,
            expression,
            &format!("{module}::setup(builder)"),
        ));
    }
    let line = format!("\n{INDENT}let builder = {module}::setup(builder);");
    Some(inserted(source, body.start, &line))
}

/// One step of indentation.
const INDENT: &str = "    ";
/// rustfmt's `chain_width`: longer ones are broken.
const CHAIN: usize = 60;
/// rustfmt's `fn_call_width`: longer arguments are broken.
const ARGUMENTS: usize = 60;

/// Lines without their ends, and where they begin.
fn lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    source.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

fn inserted(source: &str, at: usize, text: &str) -> String {
    replaced(source, at..at, text)
}

fn replaced(source: &str, range: Range<usize>, text: &str) -> String {
    format!("{}{text}{}", &source[..range.start], &source[range.end..])
}

/// A call of a route, its two arguments on lines of their own where the line would be too long.
fn wrapped(call: &str) -> String {
    let parts = call.strip_suffix(')').and_then(|call| call.split_once('('));
    match parts.and_then(|(name, arguments)| Some((name, arguments.split_once(", ")?))) {
        Some((name, (first, second))) if first.len() + second.len() + 2 > ARGUMENTS => {
            let (inner, outer) = (INDENT.repeat(3), INDENT.repeat(2));
            format!("{name}(\n{inner}{first},\n{inner}{second},\n{outer})")
        }
        _ => call.to_owned(),
    }
}

/// What stands between the braces of the function with this head, if there is exactly one.
fn body(source: &str, head: &str) -> Option<Range<usize>> {
    let mut found = source.match_indices(head);
    let (at, _) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let start = at + head.len();
    let mut depth = 1;
    for (at, c) in code(&source[start..]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(start..start + at);
        }
    }
    None
}

/// The expression at the end of a body: a plain chain of calls, without comments.
fn last_expression(source: &str, body: Range<usize>) -> Option<Range<usize>> {
    let text = &source[body.clone()];
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in code(text) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ';' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let rest = &text[start..];
    let mut expression = rest.trim();
    while let Some(comment) = expression.strip_prefix("//") {
        expression = comment.split_once('\n')?.1.trim_start();
    }
    let begins = expression.starts_with(|c: char| c.is_alphabetic());
    let word = expression.split(|c: char| !c.is_alphanumeric() && c != '_');
    let statement = word
        .into_iter()
        .next()
        .is_some_and(|word| STATEMENTS.contains(&word));
    let ends = expression == "builder" || expression.ends_with(')');
    let plain = !expression.contains("//") && !expression.contains("/*");
    if depth != 0 || !begins || statement || !ends || !plain {
        return None;
    }
    let end = body.start + start + rest.trim_end().len();
    Some(end - expression.len()..end)
}

/// Words that begin what is no chain of calls.
const STATEMENTS: [&str; 8] = [
    "async", "for", "if", "let", "loop", "match", "return", "while",
];

/// The root of a chain and its calls, each with its dot.
fn chain(text: &str) -> Option<(&str, Vec<&str>)> {
    let mut depth = 0_usize;
    let mut dots = Vec::new();
    for (at, c) in code(text) {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            '.' if depth == 0 => dots.push(at),
            _ => {}
        }
    }
    let first = dots.first().copied().unwrap_or(text.len());
    let ends = dots.iter().skip(1).copied().chain([text.len()]);
    let calls = dots.iter().zip(ends).map(|(start, end)| &text[*start..end]);
    Some((&text[..first], calls.collect()))
}

/// The characters that are code and neither comment nor part of a text.
fn code(source: &str) -> impl Iterator<Item = (usize, char)> {
    let mut rest = source.char_indices();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = rest.next()?;
            let tail = &source[at..];
            let skipped = if tail.starts_with("//") {
                tail.find('\n').unwrap_or(tail.len())
            } else if tail.starts_with("/*") {
                tail.find("*/").map_or(tail.len(), |end| end + 2)
            } else if let Some(hashes) = raw_text(source, at) {
                let end = format!("\"{}", "#".repeat(hashes));
                let open = hashes + 2;
                let close = tail[open..].find(&end);
                close.map_or(tail.len(), |close| open + close + end.len())
            } else if c == '"' {
                text(tail)
            } else if c == '\'' {
                character(tail)
            } else {
                return Some((at, c));
            };
            let end = at + skipped;
            while rest.clone().next().is_some_and(|(next, _)| next < end) {
                rest.next();
            }
        }
    })
}

/// How many `#` a raw text that begins here has.
fn raw_text(source: &str, at: usize) -> Option<usize> {
    let tail = source[at..].strip_prefix('r')?;
    let inside_word = source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let quoted = tail.trim_start_matches('#');
    (!inside_word && quoted.starts_with('"')).then(|| tail.len() - quoted.len())
}

/// The length of a text in quotes.
fn text(tail: &str) -> usize {
    let mut escaped = false;
    for (at, c) in tail.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    tail.len()
}

/// The length of a character in quotes; of a lifetime, that of its quote.
fn character(tail: &str) -> usize {
    let inner = &tail[1..];
    let end = match inner.strip_prefix('\\') {
        Some(escape) => escape
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 3),
        None => {
            let mut characters = inner.char_indices();
            characters.next();
            characters
                .next()
                .filter(|(_, c)| *c == '\'')
                .map(|(at, _)| at + 2)
        }
    };
    end.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "//! What the app does.\n\nuse a::{Builder, Routes};\n\npub(crate) fn setup(builder: Builder) -> Builder {\n    builder\n}\n\npub(crate) fn routes() -> Routes {\n    Routes::new().get(\"/hello\", hello)\n}\n\nfn other() {}\n";

    fn routed(expression: &str, call: &str) -> Option<String> {
        let source = format!("fn routes() -> Routes {{\n    {expression}\n}}\n");
        let changed = with_route(&source, call)?;
        let changed = changed.strip_prefix("fn routes() -> Routes {\n    ")?;
        Some(changed.strip_suffix("\n}\n")?.to_owned())
    }

    #[test]
    fn modules_stand_in_order_and_before_imports() {
        let one = with_module(APP, "report").unwrap();
        assert!(one.contains("does.\n\nmod report;\n\nuse a"), "{one}");
        let two = with_module(&one, "other").unwrap();
        let three = with_module(&two, "zoo").unwrap();
        assert!(
            three.contains("\n\nmod other;\nmod report;\nmod zoo;\n\nuse"),
            "{three}"
        );
        assert_eq!(with_module(&three, "zoo"), None);
        assert_eq!(
            with_module("mod world;\n\nuse a;\n", "a").unwrap(),
            "mod a;\nmod world;\n\nuse a;\n"
        );
    }

    #[test]
    fn a_route_goes_to_the_end_of_the_chain_as_rustfmt_lays_it_out() {
        let get = ".get(\"/b\", b::view)";
        for (before, after) in [
            ("Routes::new()", "Routes::new().get(\"/b\", b::view)"),
            (
                "Routes::new().get(\"/hello\", hello).get(\"/me\", me)",
                "Routes::new()\n        .get(\"/hello\", hello)\n        .get(\"/me\", me)\n        .get(\"/b\", b::view)",
            ),
            (
                "Routes::new()\n        .get(\"/a\", a)",
                "Routes::new()\n        .get(\"/a\", a)\n        .get(\"/b\", b::view)",
            ),
            (
                "let a = { 1; };\n    // why }\n    all.merge(calls)",
                "let a = { 1; };\n    // why }\n    all.merge(calls).get(\"/b\", b::view)",
            ),
            (
                "all.get(\"/a-long-path-of-this-app\", \"a.b\").get('.', r#\"\")\"#)",
                "all.get(\"/a-long-path-of-this-app\", \"a.b\")\n        .get('.', r#\"\")\"#)\n        .get(\"/b\", b::view)",
            ),
        ] {
            assert_eq!(routed(before, get).as_deref(), Some(after));
        }
        let long = format!(".get(\"/{0}\", {0}::view)", "x".repeat(40));
        let broken = format!(
            "Routes::new()\n        .get(\n            \"/{0}\",\n            {0}::view,\n        )",
            "x".repeat(40)
        );
        assert_eq!(routed("Routes::new()", &long), Some(broken));
    }

    #[test]
    fn what_is_not_recognised_is_left_alone() {
        let get = ".get(\"/b\", b::view)";
        for expression in [
            "return Routes::new();",
            "if x { a() } else { b() }",
            "match x { _ => a() }",
            "Routes::new() // the end",
            "routes",
            "Routes::new(",
            "",
        ] {
            assert_eq!(routed(expression, get), None, "{expression}");
        }
        assert_eq!(
            with_route("fn routes() -> Router {\n    Router::new()\n}", get),
            None
        );
        let twice = "fn routes() -> Routes {\n    a()\n}\nfn routes() -> Routes {\n    a()\n}\n";
        assert_eq!(with_route(twice, get), None);
    }

    #[test]
    fn workers_are_put_to_the_builder_one_after_the_other() {
        let one = with_setup(APP, "a").unwrap();
        assert!(one.contains("{\n    a::setup(builder)\n}"), "{one}");
        let two = with_setup(&one, "b").unwrap();
        assert!(
            two.contains("{\n    let builder = b::setup(builder);\n    a::setup(builder)\n}"),
            "{two}"
        );
    }
}
