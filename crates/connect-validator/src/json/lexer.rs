//! Characters to tokens.

use std::borrow::Cow;

use crate::placeholder::find_near;

use super::{Problem, ProblemKind, Range, Relaxed};

/// A token of JSON5, or a template tag that stands for a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    BraceClose,
    BraceOpen,
    BracketClose,
    BracketOpen,
    Colon,
    Comma,
    End,
    Number(f64),
    String(Cow<'a, str>),
    /// `{{ name }}` or `${name}` where a value should be.
    Tag,
    /// Letters without quotes.
    Word(&'a str),
    /// Anything else: one character.
    Stray(char),
}

/// Cuts the source into tokens and notes what only JSON5 allows.
pub(super) struct Lexer<'a> {
    pub(super) source: &'a str,
    bytes: &'a [u8],
    at: usize,
    pub(super) problems: Vec<Problem>,
    pub(super) saw_template: bool,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        // Editors on Windows put a byte order mark in front; every reader we know skips it.
        let at = if source.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            source,
            bytes: source.as_bytes(),
            at,
            problems: Vec::new(),
            saw_template: false,
        }
    }

    /// The next token and its place. At the end of the text: [`Token::End`], again and again.
    pub(super) fn next(&mut self) -> (Token<'a>, Range) {
        self.skip_blank();
        let start = self.at;
        let Some(&byte) = self.bytes.get(start) else {
            return (Token::End, Range::new(start, start));
        };
        let single = match byte {
            b'{' if self.rest().starts_with("{{") => return self.tag("{{", "}}"),
            b'$' if self.rest().starts_with("${") => return self.tag("${", "}"),
            b'{' => Some(Token::BraceOpen),
            b'}' => Some(Token::BraceClose),
            b'[' => Some(Token::BracketOpen),
            b']' => Some(Token::BracketClose),
            b':' => Some(Token::Colon),
            b',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(token) = single {
            self.at += 1;
            return (token, Range::new(start, self.at));
        }
        match byte {
            b'"' | b'\'' => self.string(byte),
            b'0'..=b'9' | b'-' | b'+' | b'.' => self.number(),
            _ if self.peek_char().is_some_and(begins_word) => self.word(),
            _ => {
                let stray = self.peek_char().unwrap_or('\0');
                self.at += stray.len_utf8();
                (Token::Stray(stray), Range::new(start, self.at))
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn relaxed(&mut self, kind: Relaxed, range: Range, message: &str, edit: String) {
        self.push(Problem {
            kind: ProblemKind::Relaxed(kind),
            range,
            message: message.into(),
            label: None,
            edits: vec![(range, edit)],
        });
    }

    /// Notes a problem, unless there are so many already that one more says nothing.
    pub(super) fn push(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn syntax(&mut self, range: Range, message: String) {
        self.push(Problem {
            kind: ProblemKind::Syntax,
            range,
            message,
            label: None,
            edits: Vec::new(),
        });
    }

    /// White space, comments and template tags that only steer (`{% if %}`, `{# note #}`).
    fn skip_blank(&mut self) {
        loop {
            let start = self.at;
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(b'/') if self.rest().starts_with("//") => {
                    let length = self.rest().find(['\n', '\r']);
                    self.at = length.map_or(self.source.len(), |length| start + length);
                    self.comment(start);
                }
                Some(b'/') if self.rest().starts_with("/*") => {
                    match self.source[start + 2..].find("*/") {
                        Some(length) => self.at = start + 2 + length + 2,
                        None => {
                            self.at = self.source.len();
                            let opening = Range::new(start, start + 2);
                            self.syntax(opening, "this comment is never closed".into());
                        }
                    }
                    self.comment(start);
                }
                Some(b'{') if self.rest().starts_with("{%") => self.steering_tag("%}"),
                Some(b'{') if self.rest().starts_with("{#") => self.steering_tag("#}"),
                Some(byte) if !byte.is_ascii() => match self.peek_char() {
                    Some(blank) if blank.is_whitespace() || blank == '\u{feff}' => {
                        self.at += blank.len_utf8();
                    }
                    _ => return,
                },
                _ => return,
            }
        }
    }

    fn comment(&mut self, start: usize) {
        let range = Range::new(start, self.at);
        self.relaxed(Relaxed::Comment, range, "comment", String::new());
    }

    fn steering_tag(&mut self, close: &str) {
        let start = self.at;
        let end = self.rest().find(close);
        self.at = end.map_or(self.source.len(), |length| start + length + close.len());
        self.note_template(start);
    }

    fn tag(&mut self, open: &str, close: &str) -> (Token<'a>, Range) {
        let start = self.at;
        match find_near(&self.rest()[open.len()..], close) {
            Some(length) => {
                self.at = start + open.len() + length + close.len();
                self.note_template(start);
                (Token::Tag, Range::new(start, self.at))
            }
            None => {
                self.at += 1;
                let token = if open == "{{" {
                    Token::BraceOpen
                } else {
                    Token::Stray('$')
                };
                (token, Range::new(start, self.at))
            }
        }
    }

    fn note_template(&mut self, start: usize) {
        self.saw_template = true;
        self.push(Problem {
            kind: ProblemKind::Relaxed(Relaxed::Template),
            range: Range::new(start, self.at),
            message: "template tag".into(),
            label: None,
            edits: Vec::new(),
        });
    }

    fn word(&mut self) -> (Token<'a>, Range) {
        let start = self.at;
        let rest = self.rest();
        // INVARIANT: a token is never empty, or the parser would stand still [test `tests/it/noise.rs`].
        let mut rest_of_word = rest.char_indices().skip(1);
        let length = rest_of_word
            .find(|(_, c)| !continues_word(*c))
            .map_or(rest.len(), |(at, _)| at);
        self.at += length;
        let range = Range::new(start, self.at);
        (Token::Word(&rest[..length]), range)
    }

    fn number(&mut self) -> (Token<'a>, Range) {
        let start = self.at;
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')))
            .unwrap_or(rest.len());
        self.at += length;
        let range = Range::new(start, self.at);
        let text = &rest[..length];
        match text.parse::<f64>() {
            Ok(value) if is_strict_number(text) => (Token::Number(value), range),
            _ => match relaxed_number(text) {
                Some((value, strict)) => {
                    self.relaxed(Relaxed::Number, range, "number form", strict);
                    (Token::Number(value), range)
                }
                None => {
                    self.syntax(range, format!("`{}` is not a number", shorten(text)));
                    (Token::Number(0.0), range)
                }
            },
        }
    }

    /// A string in double quotes, or in single ones as JSON5 has them.
    ///
    /// A string that is never closed ends with its line, so that the next line is still read.
    fn string(&mut self, quote: u8) -> (Token<'a>, Range) {
        let start = self.at;
        self.at += 1;
        let mut text: Cow<'a, str> = Cow::Borrowed("");
        let mut plain_from = self.at;
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                return self.unclosed_string(start, text, plain_from);
            };
            match byte {
                b'\n' | b'\r' => return self.unclosed_string(start, text, plain_from),
                b'\\' => {
                    push(&mut text, &self.source[plain_from..self.at]);
                    self.escape(&mut text);
                    plain_from = self.at;
                }
                _ if byte == quote => {
                    push(&mut text, &self.source[plain_from..self.at]);
                    self.at += 1;
                    let range = Range::new(start, self.at);
                    if quote == b'\'' {
                        let strict = quoted(&text);
                        self.relaxed(Relaxed::Quotes, range, "single quotes", strict);
                    }
                    return (Token::String(text), range);
                }
                0..0x20 => {
                    let range = Range::new(self.at, self.at + 1);
                    self.at += 1;
                    let written = if byte == b'\t' { "\\t" } else { "an escape" };
                    self.syntax(
                        range,
                        format!("control character in a string: write {written} instead"),
                    );
                }
                _ => self.at += 1,
            }
        }
    }

    /// A string that ends with its line. A comma at the end of the line is taken for the one behind the string.
    fn unclosed_string(
        &mut self,
        start: usize,
        mut text: Cow<'a, str>,
        plain_from: usize,
    ) -> (Token<'a>, Range) {
        let line = self.source[plain_from..self.at].trim_end();
        let inside = line.strip_suffix(',').unwrap_or(line);
        self.at = plain_from + inside.len();
        push(&mut text, inside);
        let range = Range::new(start, self.at);
        let end = Range::new(self.at, self.at);
        // A quote that opens a string of JSON5 is as likely a stray one.
        let edits = match self.bytes.get(start) {
            Some(b'"') => vec![(end, "\"".to_owned())],
            _ => Vec::new(),
        };
        self.push(Problem {
            kind: ProblemKind::Syntax,
            range,
            message: "this string is never closed".into(),
            label: None,
            edits,
        });
        (Token::String(text), range)
    }

    fn escape(&mut self, text: &mut Cow<'a, str>) {
        let start = self.at;
        self.at += 1;
        let Some(escaped) = self.peek_char() else {
            return;
        };
        self.at += escaped.len_utf8();
        let character = match escaped {
            '"' | '\\' | '/' | '\'' => escaped,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode_escape(start),
            // JSON5: the string goes on in the next line.
            '\n' => return,
            other => {
                let range = Range::new(start, self.at);
                self.syntax(
                    range,
                    format!("`\\{}` is not an escape", other.escape_default()),
                );
                other
            }
        };
        text.to_mut().push(character);
    }

    /// The character of `\uXXXX`, both halves of a surrogate pair together.
    fn unicode_escape(&mut self, start: usize) -> char {
        let Some(first) = self.four_digits() else {
            let range = Range::new(start, self.at);
            self.syntax(range, "`\\u` needs four hexadecimal digits".into());
            return char::REPLACEMENT_CHARACTER;
        };
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            if let Some(second) = self.four_digits()
                && (0xDC00..0xE000).contains(&second)
            {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
            self.at = before;
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.at += 4;
        let digits = std::str::from_utf8(digits).ok()?;
        u32::from_str_radix(digits, 16).ok()
    }
}

/// The text as a strict JSON string, with its quotes.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn push<'a>(text: &mut Cow<'a, str>, more: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(more);
    } else if !more.is_empty() {
        text.to_mut().push_str(more);
    }
}

fn begins_word(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | '$')
}

fn continues_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.')
}

/// The number grammar of RFC 8259, section 6.
fn is_strict_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

/// A number that JSON5 takes and JSON does not: its value, and how JSON writes it.
fn relaxed_number(text: &str) -> Option<(f64, String)> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    let hex = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"));
    let value = if let Some(digits) = hex {
        // Up to 2^53 a double holds every whole number.
        let value = u64::from_str_radix(digits, 16).ok()?;
        f64::from(u32::try_from(value).ok()?)
    } else {
        let point = unsigned.starts_with('.') || unsigned.ends_with('.');
        let begins_with_digit = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if !begins_with_digit || !(point || text.starts_with('+') || !unsigned.starts_with('0')) {
            return None;
        }
        unsigned.parse::<f64>().ok()?
    };
    let value = sign * value;
    value.is_finite().then(|| (value, value.to_string()))
}

/// The text, cut if it is too long for a message.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// Bounds the memory that a file of nothing but mistakes can take.
const MAX_PROBLEMS: usize = 2_000;

/// Characters of a value that a message shows.
const SHOWN: usize = 60;
