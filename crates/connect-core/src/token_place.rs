//! Where in a request the token is.

use std::borrow::Cow;

use crate::{
    error::TokenError,
    qsh::{self, RequestLine},
};

/// Finds the one token of a request: `Authorization: JWT …`, the query parameter `jwt`, or the
/// parameter `jwt` of a form body.
///
/// `authorization` are the values of every header of that name. The scheme's case does not matter
/// (RFC 9110 section 11.1). The same token in two places counts once.
///
/// # Errors
/// [`TokenError::Missing`] when there is none, [`TokenError::Ambiguous`] when there are two,
/// [`TokenError::Request`] when the query cannot be read.
pub fn find<'a>(
    authorization: impl IntoIterator<Item = &'a str>,
    request: &RequestLine<'_>,
) -> Result<Cow<'a, str>, TokenError> {
    let mut found: Option<Cow<'a, str>> = None;
    let mut add = |token: Cow<'a, str>| match &found {
        Some(known) if *known != token => Err(TokenError::Ambiguous),
        Some(_) => Ok(()),
        None => {
            found = Some(token);
            Ok(())
        }
    };
    for value in authorization {
        if let Some((scheme, token)) = value.trim_start().split_once(' ')
            && scheme.eq_ignore_ascii_case("jwt")
        {
            let token = token.trim();
            if !token.is_empty() {
                add(Cow::Borrowed(token))?;
            }
        }
    }
    let (_, query) = qsh::split(request.target)?;
    // Most requests of hosts have their token in the header, and many have no query at all.
    let query = Some(query.as_bytes()).filter(|query| !query.is_empty());
    for params in [query, request.form].into_iter().flatten() {
        if let Some(token) = param(params, "jwt")? {
            add(Cow::Owned(token))?;
        }
    }
    found.ok_or(TokenError::Missing)
}

/// Finds a session token where ACE puts it: the header `X-acpt` (its values are given here) or the
/// query parameter `acpt`.
///
/// # Errors
/// As [`find`].
pub fn find_legacy<'a>(
    x_acpt: impl IntoIterator<Item = &'a str>,
    request: &RequestLine<'_>,
) -> Result<Cow<'a, str>, TokenError> {
    let (_, query) = qsh::split(request.target)?;
    let headers = x_acpt.into_iter().map(|token| Cow::Borrowed(token.trim()));
    let query = param(query.as_bytes(), "acpt")?.map(Cow::Owned);
    let mut found = headers.chain(query).filter(|token| !token.is_empty());
    let first = found.next().ok_or(TokenError::Missing)?;
    if found.all(|token| token == first) {
        Ok(first)
    } else {
        Err(TokenError::Ambiguous)
    }
}

fn param(params: &[u8], name: &str) -> Result<Option<String>, TokenError> {
    match qsh::single_param(params, name) {
        Ok(token) => Ok(token.filter(|token| !token.is_empty())),
        Err(None) => Err(TokenError::Ambiguous),
        Err(Some(error)) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(headers: &[&str], target: &str, form: Option<&str>) -> Result<String, TokenError> {
        let request = RequestLine {
            method: "POST",
            target,
            form: form.map(str::as_bytes),
        };
        find(headers.iter().copied(), &request).map(Cow::into_owned)
    }

    #[test]
    fn a_token_is_found_in_each_place() {
        let token = Ok("a.b.c".to_owned());
        assert_eq!(find_in(&["JWT a.b.c"], "/", None), token);
        assert_eq!(find_in(&["jwt  a.b.c "], "/", None), token);
        assert_eq!(find_in(&[], "/?x=1&jwt=a.b.c", None), token);
        assert_eq!(find_in(&[], "/", Some("x=1&jwt=a.b.c")), token);
        assert_eq!(
            find_in(&["JWT a.b.c"], "/?jwt=a.b.c", Some("jwt=a.b.c")),
            token
        );
    }

    #[test]
    fn other_schemes_and_empty_tokens_do_not_count() {
        for headers in [
            &[][..],
            &["Bearer a.b.c"],
            &["a.b.c"],
            &["JWT "],
            &["JWT"],
            &["Basic eDp5"],
        ] {
            assert_eq!(
                find_in(headers, "/?jwt[]=a.b.c&jwt=&acpt=a.b.c", None),
                Err(TokenError::Missing)
            );
        }
    }

    #[test]
    fn the_places_of_ace_are_places_of_their_own() {
        let request = RequestLine {
            method: "GET",
            target: "/?acpt=a.b.c&jwt=d.e.f",
            form: None,
        };
        assert_eq!(find_legacy([], &request).unwrap(), "a.b.c");
        assert_eq!(find_legacy(["a.b.c"], &request).unwrap(), "a.b.c");
        assert_eq!(find_legacy(["g.h.i"], &request), Err(TokenError::Ambiguous));
        let request = RequestLine {
            target: "/?jwt=d.e.f",
            ..request
        };
        assert_eq!(find_legacy([], &request), Err(TokenError::Missing));
    }

    #[test]
    fn two_tokens_are_one_too_many() {
        assert_eq!(
            find_in(&["JWT a.b.c"], "/?jwt=d.e.f", None),
            Err(TokenError::Ambiguous)
        );
        assert_eq!(
            find_in(&["JWT a.b.c", "JWT d.e.f"], "/", None),
            Err(TokenError::Ambiguous)
        );
        assert_eq!(
            find_in(&[], "/?jwt=a.b.c&jwt=a.b.c", None),
            Err(TokenError::Ambiguous)
        );
        assert_eq!(
            find_in(&[], "/?jwt=a.b.c", Some("jwt=d.e.f")),
            Err(TokenError::Ambiguous)
        );
    }
}
