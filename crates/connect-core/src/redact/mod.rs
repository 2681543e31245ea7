//! Takes secrets out of a text that is about to be shown or written down.
//!
//! [`Secret`](crate::Secret) keeps our own values out of logs. This is for texts of others: a URL,
//! a body, a header, the output of a child process. It knows secrets by their shape (tokens,
//! private keys, user information of URLs) and by the name before them (`sharedSecret`, `jwt`,
//! `Authorization`, `NGROK_AUTHTOKEN`), however the text is quoted, escaped or percent-encoded.
//! In doubt it takes out too much.
//!
//! It is no parser and knows no context: a rendered page with the token that belongs into it must
//! not come here.
//!
//! Invariants: a text is read from left to right, a few times at most; redacting twice changes
//! nothing more.

mod name;
mod quote;

/// Stands where a secret was. No part of the secret is kept.
pub const REDACTED: &str = "[redacted]";

/// The text without the secrets in it.
///
/// ```
/// use connect_core::redact::redact;
///
/// assert_eq!(
///     redact("GET /board?issue=PLAN-7&jwt=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.c2ln 401"),
///     "GET /board?issue=PLAN-7&jwt=[redacted] 401"
/// );
/// ```
pub fn redact(text: &str) -> String {
    let mut redacted = pass(text);
    // What is left may look like a secret only when others are gone: a slash that made an address
    // of `://a:b`, say. Once is nearly always enough.
    for _ in 0..MAX_PASSES {
        let again = pass(&redacted);
        if again == redacted {
            break;
        }
        redacted = again;
    }
    redacted
}

/// Passes over what a first pass has left, so that no text takes for ever.
const MAX_PASSES: usize = 8;

fn pass(text: &str) -> String {
    let mut scanner = Scanner {
        text,
        at: 0,
        kept: 0,
        out: String::with_capacity(text.len()),
        user: UserInfo::default(),
    };
    scanner.run();
    scanner.out
}

struct Scanner<'a> {
    text: &'a str,
    /// What is looked at next.
    at: usize,
    /// Everything before is in `out` already.
    kept: usize,
    out: String,
    user: UserInfo,
}

/// Where the run of text under way ends and where its last `@` is, so that a run with many `://`
/// is read once.
#[derive(Default)]
struct UserInfo {
    end: usize,
    last_at: Option<usize>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'-' if self.rest().starts_with("-----BEGIN ") => self.private_key(),
                b':' | b'%' if starts_authority(self.rest()) > 0 => self.user_info(),
                byte if is_word(*byte) => self.word(),
                _ => self.at += 1,
            }
        }
        self.out.push_str(&self.text[self.kept..]);
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Leaves out `start..end` and goes on behind it. Both ends are at ASCII characters, or at the
    /// end of the text.
    fn cut(&mut self, start: usize, end: usize) {
        self.out.push_str(&self.text[self.kept..start]);
        self.out.push_str(REDACTED);
        self.kept = end;
        self.at = end;
    }

    fn private_key(&mut self) {
        match private_key_length(self.rest()) {
            0 => self.at += "-----BEGIN ".len(),
            length => self.cut(self.at, self.at + length),
        }
    }

    /// `://user:password@host`: what is before the `@`.
    fn user_info(&mut self) {
        let start = self.at + starts_authority(self.rest());
        self.at = start;
        if start >= self.user.end {
            let rest = self.rest();
            let length = rest.find(ends_url).unwrap_or(rest.len());
            self.user.end = start + length;
            self.user.last_at = last_at(&rest[..length]).map(|at| start + at);
        }
        let Some(at) = self.user.last_at.filter(|at| *at >= start) else {
            return;
        };
        let authority = &self.text[start..self.user.end];
        let authority = match authority.find(['/', '?', '#']) {
            Some(length) => &authority[..length],
            None => authority.split("%2F").next().unwrap_or(""),
        };
        let end = match last_at(authority) {
            Some(at) => start + at,
            // A password with a slash in it makes no URL, and is a password all the same; a
            // port is none, and neither is an IPv6 address.
            None => match authority.split_once(':') {
                Some((host, port))
                    if !host.starts_with('[') && !port.bytes().all(|b| b.is_ascii_digit()) =>
                {
                    at
                }
                _ => return,
            },
        };
        self.cut(start, end);
    }

    /// A run of word characters: a secret itself, or the name of one that follows.
    fn word(&mut self) {
        let start = self.at;
        let run = word_length(self.rest());
        let end = start + run;
        let word = &self.text[start..end];
        if let Some(found) = token_in(word) {
            let length = token_length(&self.text[start + found..]);
            return self.cut(start + found, start + found + length);
        }
        self.at = end;
        let name = &word[escape_length(self.text, start).min(run)..];
        if name::is_scheme(name) && self.rest().starts_with(' ') {
            let credentials = &self.rest()[1..];
            let length = credentials.bytes().take_while(|b| is_base64(*b)).count();
            if length >= 16 {
                self.cut(end + 1, end + 1 + length);
            }
            return;
        }
        if let Some(kind) = name::kind(name) {
            self.value(kind, name);
        }
    }

    /// Leaves out what is called `name`, if anything is.
    fn value(&mut self, kind: name::Kind, name: &str) {
        let text = self.text;
        let Some(place) = quote::after_name(text, self.at, name.starts_with("--")) else {
            return;
        };
        let start = place.value;
        let rest = &text[start..];
        // A private key may have lines.
        let block = private_key_length(rest);
        let rest = &rest[block..];
        let end = start
            + block
            + match &place.quote {
                Some(quote) => quote.close(rest).unwrap_or_else(|| line_length(rest)),
                None if block == 0 && rest.starts_with('{') => return,
                None if kind == name::Kind::Header => line_length(rest),
                None => bare_length(rest, &place, name),
            };
        if end > start && kind.hides(&text[start..end], &place) {
            self.cut(start, end);
        }
    }
}

/// Length of a PEM block (RFC 7468) that starts the text and is not a public key or a certificate:
/// to its end or the text's.
fn private_key_length(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("-----BEGIN ") else {
        return 0;
    };
    let label = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ';
    let (label, after) = rest.split_at(rest.bytes().take_while(label).count());
    if !label.ends_with("PRIVATE KEY") || !after.starts_with("-----") {
        return 0;
    }
    let end = rest.split_once("-----END ").map_or("", |(_, tail)| tail);
    let after = end.split_once("-----").map_or("", |(_, after)| after);
    text.len() - after.len()
}

/// Length of `://`, also percent-encoded once or twice, if the text starts with it.
fn starts_authority(text: &str) -> usize {
    ["://", "%3A%2F%2F", "%253A%252F%252F"]
        .into_iter()
        .find(|start| quote::starts_with(text, start))
        .map_or(0, str::len)
}

/// The last `@`, also percent-encoded when the whole URL is.
fn last_at(text: &str) -> Option<usize> {
    ["@", "%40", "%2540"].iter().find_map(|at| text.rfind(at))
}

fn ends_url(character: char) -> bool {
    // An apostrophe may be part of a password (RFC 3986 section 3.2.1).
    character.is_ascii_whitespace() || "\"`<>".contains(character)
}

/// A run of word characters. A private key that follows closely is not part of it.
fn word_length(text: &str) -> usize {
    let mut characters = text.bytes().enumerate().skip(1);
    let end = characters.find(|(at, byte)| {
        !is_word(*byte) || (*byte == b'-' && text[*at..].starts_with("-----BEGIN"))
    });
    end.map_or(text.len(), |(at, _)| at)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

fn is_base64(byte: u8) -> bool {
    is_word(byte) || b"+/=~".contains(&byte)
}

/// Where in a word a secret starts that is known by its shape.
fn token_in(word: &str) -> Option<usize> {
    // `{"` in base64url, that in base64 once more, and what Atlassian's API tokens start with.
    let known = ["eyJ", "ZXlK", "ATATT", "ATCTT", "ATSTT", "ATBB"];
    let by_start = known
        .iter()
        .filter_map(|start| word.find(start).filter(|at| word.len() - at >= 12))
        .min();
    // Three parts of which the last is long enough for a signature: a header with blanks in it.
    let mut parts = word.splitn(3, '.').map(str::len);
    let long = |length: Option<usize>, least| length.is_some_and(|length| length >= least);
    let by_shape = long(parts.next(), 8) && long(parts.next(), 8) && long(parts.next(), 32);
    if by_shape { Some(0) } else { by_start }
}

/// How far a secret goes that starts the text: word characters, what else is in base64, and dots
/// that were percent-encoded.
fn token_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut length = 0;
    while let Some(byte) = bytes.get(length) {
        let rest = &text[length..];
        length += if is_base64(*byte) {
            1
        } else if let Some(dot) = ["%2E", "%252E"]
            .iter()
            .find(|dot| quote::starts_with(rest, dot))
        {
            dot.len()
        } else {
            break;
        };
    }
    length
}

/// How many characters of the word at `at` belong to an escape that began before it: two of
/// `%3Fjwt`, one of `\njwt`, five of `\u0026jwt`.
fn escape_length(text: &str, at: usize) -> usize {
    let word = &text[at..];
    match text.as_bytes()[..at].last() {
        Some(b'%') if word.starts_with("25") => 4,
        Some(b'%') => 2,
        Some(b'\\') if word.starts_with('u') => 5,
        Some(b'\\') if word.starts_with(['n', 'r', 't']) => 1,
        _ => 0,
    }
}

fn line_length(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}

/// How far a value goes that is in no quotes.
fn bare_length(text: &str, place: &quote::Place, name: &str) -> usize {
    let mut start = 0;
    if place.colon && text.starts_with('[') {
        start = quote::list_length(text);
    }
    // `Bearer` and what follows it are one value.
    let first = text.bytes().take(8).take_while(|b| *b != b' ').count();
    if text.get(first..).is_some_and(|rest| rest.starts_with(' '))
        && name::is_scheme(&text[..first])
    {
        start = first + 1;
    }
    let variable = name::is_variable(name);
    let ends = |(at, character): (usize, char)| match character {
        '&' => !variable,
        '"' | '\'' | '`' | '<' | '>' => !variable,
        ',' | '}' | ']' => place.quoted_name && place.colon,
        '%' => {
            place.encoded
                && ["%26", "%22", "%20", "%0A", "%2526"]
                    .iter()
                    .any(|end| quote::starts_with(&text[at..], end))
        }
        '\\' => text[at..].starts_with("\\u0026"),
        other => other.is_ascii_whitespace(),
    };
    let tail = &text[start..];
    tail.char_indices()
        .find(|(at, character)| ends((start + at, *character)))
        .map_or(text.len(), |(at, _)| start + at)
}

#[cfg(test)]
mod tests;
