//! Tells the code of a Rust source from its comments and texts, as far as brackets matter.

/// The characters that are code and neither comment nor part of a text.
pub(super) fn code(source: &str) -> impl Iterator<Item = (usize, char)> {
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
    // Bytes and C strings have a letter more.
    let before = source[..at].strip_suffix(['b', 'c']);
    let before = before.unwrap_or(&source[..at]);
    let inside_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
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
    use super::code;

    #[test]
    fn texts_and_comments_are_no_code() {
        for (source, expected) in [
            ("a(\"}\", 'b')", "a(,)"),
            ("a // }\nb", "ab"),
            ("a /* } */ b", "ab"),
            ("r\"}\" br#\"}\"}\"# ar", "bar"),
            ("'}' '\\'' '\\u{7d}' &'a b", "&ab"),
            ("\"\\\"}\" c", "c"),
            ("\"never closed }", ""),
        ] {
            let found: String = code(source).map(|(_, c)| c).collect();
            let found: String = found.split_whitespace().collect();
            assert_eq!(found, expected, "{source}");
        }
    }
}
