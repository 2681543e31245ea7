//! The parameters of a query, in the orders that hosts sort them.

use std::{borrow::Cow, cmp::Ordering};

use super::QshError;

#[derive(Clone, Copy)]
pub(super) enum Order {
    EncodedName,
    RawName,
}

/// Query parameters in the order of their raw names and values, `jwt` left out.
pub(super) struct Params<'a>(Vec<Param<'a>>);

struct Param<'a> {
    name: Cow<'a, str>,
    /// The name percent-encoded, where that differs.
    encoded: Option<String>,
    value: Cow<'a, str>,
    /// The first bytes of the name as a number, because most names differ there.
    start: u64,
}

impl Param<'_> {
    fn encoded(&self) -> &str {
        self.encoded.as_deref().unwrap_or(&self.name)
    }

    fn sort_key(&self) -> (u64, &str, &str) {
        (self.start, &self.name, &self.value)
    }
}

impl<'a> Params<'a> {
    pub(super) fn parse(query: &'a str) -> Result<Self, QshError> {
        if query.is_empty() {
            return Ok(Self(Vec::new()));
        }
        let mut all = Vec::with_capacity(16);
        for (name, value) in pairs(query) {
            let name = decode(name, true)?;
            // The token itself, and a name that is empty, are not part of the hash.
            if !name.is_empty() && name != "jwt" {
                all.push(Param {
                    encoded: (!name.bytes().all(is_unreserved)).then(|| {
                        let mut encoded = String::with_capacity(name.len() * 2);
                        push_encoded(&mut encoded, &name);
                        encoded
                    }),
                    value: decode(value, true)?,
                    start: start(&name),
                    name,
                });
            }
        }
        // Java and JavaScript order text by UTF-16 code units: in ASCII, the order of bytes.
        let ascii = |param: &Param<'_>| param.name.is_ascii() && param.value.is_ascii();
        if all.iter().all(ascii) {
            all.sort_unstable_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        } else {
            all.sort_by(|a, b| utf16(&a.name, &b.name).then_with(|| utf16(&a.value, &b.value)));
        }
        Ok(Self(all))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether sorting by encoded names changes nothing.
    fn is_sorted_by_encoded_name(&self) -> bool {
        self.0.is_sorted_by(|a, b| a.encoded() <= b.encoded())
    }

    /// One query per order, or just one when the orders agree.
    pub(super) fn orders(&self) -> impl Iterator<Item = String> {
        let other = (!self.is_sorted_by_encoded_name()).then(|| self.join(Order::RawName));
        std::iter::once(self.join(Order::EncodedName)).chain(other)
    }

    pub(super) fn join(&self, order: Order) -> String {
        if let Order::RawName = order {
            return join(&self.0);
        }
        if self.is_sorted_by_encoded_name() {
            return join(&self.0);
        }
        let mut params: Vec<&Param<'_>> = self.0.iter().collect();
        params.sort_by(|a, b| a.encoded().cmp(b.encoded()));
        join(params)
    }
}

/// `name=value,value&name=value`, where those of one name follow one another.
fn join<'p, 'a: 'p>(params: impl IntoIterator<Item = &'p Param<'a>>) -> String {
    let mut params = params.into_iter().peekable();
    if params.peek().is_none() {
        return String::new();
    }
    let mut text = String::with_capacity(512);
    let mut last = None;
    for param in params {
        if last == Some(&param.name) {
            text.push(',');
        } else {
            if last.is_some() {
                text.push('&');
            }
            text.push_str(param.encoded());
            text.push('=');
        }
        push_encoded(&mut text, &param.value);
        last = Some(&param.name);
    }
    text
}

pub(super) fn text(bytes: &[u8]) -> Result<&str, QshError> {
    std::str::from_utf8(bytes).map_err(|_| QshError::BrokenEscape)
}

pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The first eight bytes; equal for texts that differ later, or in zeros at the end.
fn start(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

fn utf16(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Percent-decodes; borrowed when there was nothing to decode.
pub(super) fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, QshError> {
    let special = |b: u8| b == b'%' || (plus_is_space && b == b'+');
    let Some(first) = text.bytes().position(special) else {
        return Ok(Cow::Borrowed(text));
    };
    let mut bytes = Vec::with_capacity(text.len());
    let (before, rest) = text.as_bytes().split_at(first);
    bytes.extend_from_slice(before);
    let mut rest = rest;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'%' => {
                let [high, low, tail @ ..] = tail else {
                    return Err(QshError::BrokenEscape);
                };
                let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
                    return Err(QshError::BrokenEscape);
                };
                bytes.push(high << 4 | low);
                rest = tail;
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|_| QshError::BrokenEscape)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

/// Percent-encodes all but the unreserved characters.
pub(super) fn push_encoded(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| !is_unreserved(b)) {
        out.push_str(&rest[..at]);
        // All bytes of a character, because the text may be cut between characters only.
        let tail = &rest[at..];
        let length = tail.chars().next().map_or(1, char::len_utf8);
        for byte in tail[..length].bytes() {
            out.push('%');
            out.push(char::from(HEX_UPPER[usize::from(byte >> 4)]));
            out.push(char::from(HEX_UPPER[usize::from(byte & 15)]));
        }
        rest = &tail[length..];
    }
    out.push_str(rest);
}

fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[usize::from(byte)]
}

/// RFC 3986 section 2.3.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    table
};
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";
