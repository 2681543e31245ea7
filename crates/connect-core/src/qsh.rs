//! The query string hash: which request a token was made for.
//!
//! `qsh` is the lower-case hex SHA-256 of a canonical request, `METHOD&path&query`
//! (Atlassian, "Understanding JWT for Connect apps", section "Creating a query string hash").
//! Signing and verifying differ on purpose:
//!
//! * we sign the path as it is sent, names sorted in their percent-encoded form;
//! * hosts sign the *decoded* path, and some libraries sort the *raw* names, so a verifier
//!   accepts those spellings too, and nothing else.
//!
//! The query is parsed here from the raw text. A framework's map of parameters loses repeats,
//! brackets or the thousand-and-first parameter, and what is lost is not covered by the hash.

use std::{borrow::Cow, cmp::Ordering, fmt};

use ring::digest;
use subtle::ConstantTimeEq;

use crate::redact::redact;

/// The literal that stands in the `qsh` claim of a context token, which is bound to no URL.
pub const CONTEXT_QSH: &str = "context-qsh";

/// Longest request target, in bytes, that is canonicalised; far above what servers let through.
pub const MAX_TARGET: usize = 256 * 1024;

/// A query string hash: 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Qsh(Box<str>);

/// What a token is checked against: the request line as it came off the wire.
#[derive(Clone, Copy)]
pub struct RequestLine<'a> {
    /// The HTTP method; case does not matter.
    pub method: &'a str,
    /// Path and query exactly as received or sent, still encoded. An absolute URL is fine too: its
    /// origin is left out of the hash, and a fragment is ignored.
    pub target: &'a str,
    /// The body of an `application/x-www-form-urlencoded` POST or PUT, if that is what came.
    /// A host may hash its parameters in place of an empty query.
    pub form: Option<&'a [u8]>,
}

/// A request that has no canonical form.
///
/// References disagree about broken escapes, so we refuse them both ways: inbound it is the
/// caller's malformed request, outbound such a URL is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QshError {
    /// `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
    #[error("the query holds an escape that is not UTF-8 percent-encoding")]
    BrokenEscape,
    /// The request target is longer than [`MAX_TARGET`].
    #[error("the request target is too long")]
    TooLong,
}

impl Qsh {
    /// The hash for a request that we are about to send.
    ///
    /// `base_path` is the context path of the receiver (`""`, `/wiki`), which both sides leave out.
    ///
    /// # Errors
    /// When the target has no canonical form.
    pub fn sign(request: &RequestLine<'_>, base_path: &str) -> Result<Self, QshError> {
        Ok(Self::of(&canonical(request, base_path)?))
    }

    /// The hash of a canonical request.
    pub fn of(canonical: &str) -> Self {
        Self(hash(canonical).iter().copied().map(char::from).collect())
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RequestLine<'_> {
    /// Without the token, which may be in the query or in the form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestLine")
            .field("method", &self.method)
            .field("target", &redact(self.target))
            .field("form_bytes", &self.form.map(<[u8]>::len))
            .finish()
    }
}

impl fmt::Display for Qsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Qsh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Qsh({})", self.0)
    }
}

/// The canonical request that we hash when signing.
///
/// # Errors
/// When the target has no canonical form.
pub fn canonical(request: &RequestLine<'_>, base_path: &str) -> Result<String, QshError> {
    let (path, query) = split(request.target)?;
    let params = Params::parse(query)?;
    Ok(assemble(
        request.method,
        strip_base(path, base_path),
        &params.join(Order::EncodedName),
    ))
}

/// True when `claimed` is a hash that a host may have made for this request.
///
/// `base_paths` are the context paths of the addresses we answer to; none means `""`.
/// Compared in constant time.
///
/// # Errors
/// When the request has no canonical form.
pub fn matches(
    claimed: &str,
    request: &RequestLine<'_>,
    base_paths: &[&str],
) -> Result<bool, QshError> {
    let candidates = Candidates::new(request, base_paths)?;
    let Ok(claimed) = claimed.as_bytes().try_into().map(words) else {
        return Ok(false);
    };
    for canonical in candidates {
        if words(&hash(&canonical)).ct_eq(&claimed).into() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Every canonical request a host may have hashed for this one, the likeliest first, without
/// repeats. For explaining a mismatch; checking is done by [`matches()`].
///
/// # Errors
/// When the request has no canonical form.
pub fn candidates(request: &RequestLine<'_>, base_paths: &[&str]) -> Result<Vec<String>, QshError> {
    let mut all = Vec::new();
    for canonical in Candidates::new(request, base_paths)? {
        if !all.contains(&canonical) {
            all.push(canonical);
        }
    }
    Ok(all)
}

/// The value of the one query parameter called `name`, decoded.
///
/// # Errors
/// `Err(None)` when it occurs more than once, `Err(Some(..))` when the query has no canonical form.
pub(crate) fn single_param(query: &[u8], name: &str) -> Result<Option<String>, Option<QshError>> {
    let mut found = None;
    for (candidate, value) in pairs(text(query).map_err(Some)?) {
        if decode(candidate, true).map_err(Some)? == name {
            let value = decode(value, true).map_err(Some)?.into_owned();
            if found.replace(value).is_some() {
                return Err(None);
            }
        }
    }
    Ok(found)
}

/// Path and query of a request target, without origin and fragment.
pub(crate) fn split(target: &str) -> Result<(&str, &str), QshError> {
    if target.len() > MAX_TARGET {
        return Err(QshError::TooLong);
    }
    let target = target.split_once('#').map_or(target, |(before, _)| before);
    // A target that starts with a slash has no origin, and is long enough not to look for one.
    let origin = Some(target).filter(|target| !target.starts_with('/'));
    let local = match origin.and_then(|target| target.split_once("://")) {
        // A scheme has no slash: `/x?u=http://..` is a path.
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find(['/', '?']).map_or("", |at| &rest[at..])
        }
        _ => target,
    };
    Ok(local.split_once('?').unwrap_or((local, "")))
}

/// SHA-256 in lower-case hexadecimal digits.
fn hash(canonical: &str) -> [u8; 64] {
    let hash = digest::digest(&digest::SHA256, canonical.as_bytes());
    let mut hex = [0; 64];
    for (digits, byte) in hex.chunks_exact_mut(2).zip(hash.as_ref()) {
        digits[0] = HEX_LOWER[usize::from(byte >> 4)];
        digits[1] = HEX_LOWER[usize::from(byte & 15)];
    }
    hex
}

/// The digits eight at a time, as many as are compared at once.
fn words(digits: &[u8; 64]) -> [u64; 8] {
    let mut words = [0; 8];
    for (word, digits) in words.iter_mut().zip(digits.as_chunks::<8>().0) {
        *word = u64::from_ne_bytes(*digits);
    }
    words
}

fn assemble(method: &str, path: &str, query: &str) -> String {
    let path = path.strip_suffix('/').unwrap_or(path);
    let mut text = String::with_capacity(method.len() + path.len() + query.len() + 8);
    text.push_str(method);
    text.make_ascii_uppercase();
    text.push('&');
    if path.is_empty() {
        text.push('/');
    }
    for (index, part) in path.split('&').enumerate() {
        if index > 0 {
            text.push_str("%26");
        }
        text.push_str(part);
    }
    text.push('&');
    text.push_str(query);
    text
}

/// Leaves out the base path, whole segments only: `/basement` is not under `/base`.
fn strip_base<'a>(path: &'a str, base_path: &str) -> &'a str {
    match path.strip_prefix(base_path.trim_end_matches('/')) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    }
}

/// Lazily walks through the spellings a verifier accepts.
struct Candidates<'a> {
    method: &'a str,
    paths: Vec<Cow<'a, str>>,
    queries: Vec<String>,
    next: usize,
}

impl<'a> Candidates<'a> {
    fn new(request: &RequestLine<'a>, base_paths: &[&str]) -> Result<Self, QshError> {
        let (path, query) = split(request.target)?;
        let mut paths = Vec::new();
        let bases = if base_paths.is_empty() {
            &[""]
        } else {
            base_paths
        };
        for base in bases {
            let path = strip_base(path, base);
            if paths.iter().any(|known: &Cow<'_, str>| *known == path) {
                continue;
            }
            paths.push(Cow::Borrowed(path));
            // A path whose escapes are broken has no decoded form; its raw form still counts.
            if let Ok(decoded @ Cow::Owned(_)) = decode(path, false) {
                paths.push(decoded);
            }
        }
        let params = Params::parse(query)?;
        let mut queries = params.orders();
        if let (true, Some(form)) = (params.is_empty(), request.form) {
            if form.len() > MAX_TARGET {
                return Err(QshError::TooLong);
            }
            queries.extend(Params::parse(text(form)?)?.orders());
        }
        Ok(Self {
            method: request.method,
            paths,
            queries,
            next: 0,
        })
    }
}

impl Iterator for Candidates<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let path = self.paths.get(self.next / self.queries.len())?;
        let query = &self.queries[self.next % self.queries.len()];
        self.next += 1;
        Some(assemble(self.method, path, query))
    }
}

#[derive(Clone, Copy)]
enum Order {
    EncodedName,
    RawName,
}

/// Query parameters in the order of their raw names and values, `jwt` left out.
struct Params<'a>(Vec<Param<'a>>);

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
    fn parse(query: &'a str) -> Result<Self, QshError> {
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

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether sorting by encoded names changes nothing.
    fn is_sorted_by_encoded_name(&self) -> bool {
        self.0.is_sorted_by(|a, b| a.encoded() <= b.encoded())
    }

    /// One query per order, or just one when the orders agree.
    fn orders(&self) -> Vec<String> {
        let mut queries = vec![self.join(Order::EncodedName)];
        if !self.is_sorted_by_encoded_name() {
            queries.push(self.join(Order::RawName));
        }
        queries
    }

    fn join(&self, order: Order) -> String {
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

fn text(bytes: &[u8]) -> Result<&str, QshError> {
    std::str::from_utf8(bytes).map_err(|_| QshError::BrokenEscape)
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
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
fn decode(text: &str, plus_is_space: bool) -> Result<Cow<'_, str>, QshError> {
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
fn push_encoded(out: &mut String, text: &str) {
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
const HEX_LOWER: &[u8; 16] = b"0123456789abcdef";
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &str) -> String {
        let mut encoded = String::new();
        push_encoded(&mut encoded, text);
        encoded
    }

    fn check(target: &str, base: &str, expected: &str) {
        let request = RequestLine {
            method: "get",
            target,
            form: None,
        };
        assert_eq!(canonical(&request, base).unwrap(), expected, "{target}");
    }

    #[test]
    fn canonical_requests_of_our_own() {
        check("/", "", "GET&/&");
        check("", "", "GET&/&");
        check("https://a.example", "", "GET&/&");
        check("https://a.example?x", "", "GET&/&x=");
        check(
            "https://a.example/wiki/x/?b=2&a=1#f",
            "/wiki",
            "GET&/x&a=1&b=2",
        );
        check("/wikipedia", "/wiki", "GET&/wikipedia&");
        check("/wiki", "/wiki", "GET&/&");
        check(
            "/x?u=http://a.example/?y",
            "",
            "GET&/x&u=http%3A%2F%2Fa.example%2F%3Fy",
        );
        check("/x&y?a=b&&=c&jwt=t&%6Awt=t", "", "GET&/x%26y&a=b");
        check("/x?a=2&a=1&a=1%2C2", "", "GET&/x&a=1,1%2C2,2");
        check("/x?f[y]=*'(~)", "", "GET&/x&f%5By%5D=%2A%27%28~%29");
        check(
            "/x?%F0%9F%98%80=1&%EF%BF%BD=2&a+b=c%20d",
            "",
            "GET&/x&%EF%BF%BD=2&%F0%9F%98%80=1&a%20b=c%20d",
        );
    }

    #[test]
    fn broken_escapes_have_no_canonical_form() {
        for target in [
            "/x?a=%zz",
            "/x?a=%2",
            "/x?%=1",
            "/x?a=%E9",
            "/x?a=%ED%A0%80",
        ] {
            let request = RequestLine {
                method: "GET",
                target,
                form: None,
            };
            assert_eq!(
                canonical(&request, ""),
                Err(QshError::BrokenEscape),
                "{target}"
            );
            assert_eq!(
                matches("", &request, &[]),
                Err(QshError::BrokenEscape),
                "{target}"
            );
        }
    }

    #[test]
    fn a_form_counts_only_when_the_query_is_empty() {
        let signed = Qsh::of("POST&/x&a=1");
        let form = Some(b"a=1".as_slice());
        let with = |target, form| {
            matches(
                signed.as_str(),
                &RequestLine {
                    method: "POST",
                    target,
                    form,
                },
                &[],
            )
            .unwrap()
        };
        assert!(with("/x", form));
        assert!(with("/x?jwt=t", form));
        assert!(!with("/x?b=1", form));
        assert!(!with("/x", Some(b"a=2")));
        assert!(!with("/x", None));
    }

    proptest! {
        #[test]
        fn the_order_of_parameters_does_not_matter(
            mut params in proptest::collection::vec(("[a-c%&= ]{1,3}", "\\PC{0,4}"), 0..6),
            turn in any::<prop::sample::Index>(),
        ) {
            let target = |params: &[(String, String)]| {
                let query: Vec<String> = params.iter()
                    .map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
                format!("/p?{}", query.join("&"))
            };
            let before = target(&params);
            if !params.is_empty() {
                let by = turn.index(params.len());
                params.rotate_left(by);
            }
            params.reverse();
            let after = target(&params);
            let canonical = |target: &str| super::canonical(
                &RequestLine { method: "GET", target, form: None }, "").unwrap();
            prop_assert_eq!(canonical(&before), canonical(&after));
        }

        #[test]
        fn what_we_sign_we_accept(target in "/[a-z%0-9A-F/&+=?;,]{0,40}", base in "(/[a-z]{1,3})?") {
            let request = RequestLine { method: "GET", target: &target, form: None };
            if let Ok(qsh) = Qsh::sign(&request, &base) {
                prop_assert!(matches(qsh.as_str(), &request, &[&base]).unwrap());
            }
        }

        #[test]
        fn no_text_makes_it_panic(method in "\\PC{0,5}", target in any::<String>(), form in any::<Vec<u8>>()) {
            let request = RequestLine { method: &method, target: &target, form: Some(&form) };
            let _ = candidates(&request, &["", "/a"]);
        }

        #[test]
        fn decoding_undoes_encoding(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert_eq!(decode(&encoded, true).unwrap(), text.as_str());
        }
    }
}
