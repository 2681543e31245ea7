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

use std::{borrow::Cow, fmt};

use ring::digest;
use subtle::ConstantTimeEq;

use self::query::{Order, Params, decode, pairs, text};
use crate::redact::redact;

mod query;

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
pub fn matches<'a>(
    claimed: &str,
    request: &RequestLine<'_>,
    base_paths: impl IntoIterator<Item = &'a str>,
) -> Result<bool, QshError> {
    let candidates = Candidates::new(request, base_paths)?;
    let Ok(claimed) = claimed.as_bytes().try_into().map(words) else {
        return Ok(false);
    };
    for canonical in candidates.iter() {
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
pub fn candidates<'a>(
    request: &RequestLine<'_>,
    base_paths: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<String>, QshError> {
    let mut all = Vec::new();
    for canonical in Candidates::new(request, base_paths)?.iter() {
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
    // A target that starts with a slash has no origin, and is long enough not to look for one.
    let local = if target.starts_with('/') {
        target
    } else {
        without_origin(target)
    };
    let end = local.bytes().position(|byte| matches!(byte, b'?' | b'#'));
    let (path, rest) = local.split_at(end.unwrap_or(local.len()));
    Ok(match rest.strip_prefix('?') {
        Some(query) => (
            path,
            query.split_once('#').map_or(query, |(before, _)| before),
        ),
        None => (path, ""),
    })
}

fn without_origin(target: &str) -> &str {
    match target.split_once("://") {
        // A scheme has none of these: `x?u=http://..` is a path.
        Some((scheme, rest)) if !scheme.contains(['/', '?', '#']) => {
            rest.find(['/', '?', '#']).map_or("", |at| &rest[at..])
        }
        _ => target,
    }
}

/// SHA-256 in lower-case hexadecimal digits.
fn hash(canonical: &str) -> [u8; 64] {
    let hash = digest::digest(&digest::SHA256, canonical.as_bytes());
    let mut hex = [0; 64];
    for (digits, byte) in hex.as_chunks_mut::<2>().0.iter_mut().zip(hash.as_ref()) {
        *digits = [hex_digit(byte >> 4), hex_digit(byte & 15)];
    }
    hex
}

/// The lower-case digit of a number below 16; reckoned, because many can be at once.
fn hex_digit(number: u8) -> u8 {
    number + if number < 10 { b'0' } else { b'a' - 10 }
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
    if path.contains('&') {
        text.push_str(&path.replace('&', "%26"));
    } else {
        text.push_str(path);
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

/// The parts of the spellings a verifier accepts.
struct Candidates<'a> {
    method: &'a str,
    paths: Few<Cow<'a, str>>,
    queries: Few<String>,
}

impl<'a> Candidates<'a> {
    fn new<'b>(
        request: &RequestLine<'a>,
        base_paths: impl IntoIterator<Item = &'b str>,
    ) -> Result<Self, QshError> {
        let (path, query) = split(request.target)?;
        let mut paths = Few::new();
        let mut add = |base| {
            let path = strip_base(path, base);
            if paths.iter().any(|known: &Cow<'_, str>| *known == path) {
                return;
            }
            paths.push(Cow::Borrowed(path));
            // A path whose escapes are broken has no decoded form; its raw form still counts.
            if let Ok(decoded @ Cow::Owned(_)) = decode(path, false) {
                paths.push(decoded);
            }
        };
        let mut bases = base_paths.into_iter();
        add(bases.next().unwrap_or(""));
        bases.for_each(add);
        let params = Params::parse(query)?;
        let mut queries = Few::new();
        params.orders().for_each(|query| queries.push(query));
        if let (true, Some(form)) = (params.is_empty(), request.form) {
            if form.len() > MAX_TARGET {
                return Err(QshError::TooLong);
            }
            let params = Params::parse(text(form)?)?;
            params.orders().for_each(|query| queries.push(query));
        }
        Ok(Self {
            method: request.method,
            paths,
            queries,
        })
    }

    /// The spellings, each put together when it is asked for.
    fn iter(&self) -> impl Iterator<Item = String> {
        self.paths.iter().flat_map(move |path| {
            let queries = self.queries.iter();
            queries.map(move |query| assemble(self.method, path, query))
        })
    }
}

/// A list that has one member most of the time, which then costs no allocation.
struct Few<T> {
    first: Option<T>,
    more: Vec<T>,
}

impl<T> Few<T> {
    fn new() -> Self {
        Self {
            first: None,
            more: Vec::new(),
        }
    }

    fn push(&mut self, member: T) {
        match self.first {
            None => self.first = Some(member),
            Some(_) => self.more.push(member),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.first.iter().chain(&self.more)
    }
}

#[cfg(test)]
mod tests;
