//! What a token says, typed.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    error::TokenError,
    ids::AccountId,
    strict_json::{self, Member},
    time::Timestamp,
};

/// The claims of a token, each of the type it must have (RFC 7519 section 4.1; Atlassian,
/// "Understanding JWT for Connect apps").
///
/// Holding `Claims` proves nothing; holding [`crate::verify::Verified`] does.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// Who issued the token: a client key when a host did, an app key when an app did.
    pub iss: String,
    /// The user, if there is one: absent for anonymous visitors and for calls of the host itself.
    pub sub: Option<AccountId>,
    /// For whom the token was made; a single text counts as a list of one.
    pub aud: Option<Vec<String>>,
    /// When it was issued.
    pub iat: Timestamp,
    /// When it stops being valid.
    pub exp: Timestamp,
    /// When it starts being valid, if not at once.
    pub nbf: Option<Timestamp>,
    /// Query string hash of the request it was made for.
    pub qsh: Option<String>,
    /// Where the user was: product-specific, an object.
    pub context: Option<Map<String, Value>>,
    /// Own claim of session tokens.
    pub purpose: Option<String>,
    /// All other claims, unread.
    pub other: Map<String, Value>,
}

impl Claims {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is not one JSON object without duplicate members,
    /// [`TokenError::Claim`] when a claim is missing or has the wrong type: `iss`, `iat` and `exp`
    /// are required.
    pub fn parse(payload: &[u8]) -> Result<Self, TokenError> {
        let mut known = [const { None }; 9];
        let other = strict_json::members(payload, place, &mut known)
            .map_err(|_| TokenError::Malformed { part: "payload" })?;
        let [iss, sub, aud, iat, exp, nbf, qsh, context, purpose] = known;
        let iss = text(iss, "iss")?.filter(|iss| !iss.is_empty());
        let sub = match text(sub, "sub")? {
            None => None,
            // Hosts leave `sub` out for anonymous visitors; some send it empty.
            Some(sub) if sub.is_empty() => None,
            Some(sub) => Some(AccountId::parse(&sub).map_err(|_| claim("sub"))?),
        };
        Ok(Self {
            iss: iss.ok_or(claim("iss"))?.into_owned(),
            sub,
            aud: audience(aud)?,
            iat: moment(iat, "iat")?.ok_or(claim("iat"))?,
            exp: moment(exp, "exp")?.ok_or(claim("exp"))?,
            nbf: moment(nbf, "nbf")?,
            qsh: text(qsh, "qsh")?.map(Cow::into_owned),
            context: match context {
                None | Some(Member::Other(Value::Null)) => None,
                Some(Member::Other(Value::Object(context))) => Some(context),
                Some(_) => return Err(claim("context")),
            },
            purpose: text(purpose, "purpose")?.map(Cow::into_owned),
            other,
        })
    }

    /// Whether `aud` names one of these, and nothing else is asked of it.
    pub(crate) fn audience_names(&self, accepts: impl Fn(&str) -> bool) -> bool {
        self.aud
            .as_ref()
            .is_some_and(|aud| aud.iter().any(|name| accepts(name)))
    }
}

/// The claims that are read, in the order in which [`Claims::parse`] takes them.
fn place(name: &str) -> Option<usize> {
    Some(match name {
        "iss" => 0,
        "sub" => 1,
        "aud" => 2,
        "iat" => 3,
        "exp" => 4,
        "nbf" => 5,
        "qsh" => 6,
        "context" => 7,
        "purpose" => 8,
        _ => return None,
    })
}

fn claim(claim: &'static str) -> TokenError {
    TokenError::Claim { claim }
}

fn text<'a>(
    value: Option<Member<'a>>,
    name: &'static str,
) -> Result<Option<Cow<'a, str>>, TokenError> {
    match value {
        None => Ok(None),
        Some(Member::Text(text)) => Ok(Some(text)),
        Some(Member::Other(_)) => Err(claim(name)),
    }
}

/// Seconds as an integer. Fractions, texts and booleans are refused: whoever sends them is not a
/// host, and comparing them invites mistakes.
fn moment(value: Option<Member<'_>>, name: &'static str) -> Result<Option<Timestamp>, TokenError> {
    match value {
        None => Ok(None),
        Some(Member::Other(Value::Number(number))) => match number.as_i64() {
            Some(seconds @ 0..) => Ok(Some(Timestamp::from_unix(seconds))),
            _ => Err(claim(name)),
        },
        Some(_) => Err(claim(name)),
    }
}

fn audience(value: Option<Member<'_>>) -> Result<Option<Vec<String>>, TokenError> {
    match value {
        None => Ok(None),
        Some(Member::Text(one)) => Ok(Some(vec![one.into_owned()])),
        Some(Member::Other(Value::Array(many))) => many
            .into_iter()
            .map(|name| match name {
                Value::String(name) => Ok(name),
                _ => Err(claim("aud")),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        Some(_) => Err(claim("aud")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_token_is_read() {
        let claims = Claims::parse(
            br#"{"iss":"c","sub":"557058:1","iat":1,"exp":2,"qsh":"q","aud":"a",
                "context":{"jira":{"issue":{"id":"1"}}},"extra":1}"#,
        )
        .unwrap();
        assert_eq!(claims.sub.unwrap().as_str(), "557058:1");
        assert_eq!(claims.aud.unwrap(), ["a"]);
        assert_eq!(claims.other["extra"], 1);
    }

    #[test]
    fn an_empty_user_is_nobody() {
        let claims = Claims::parse(br#"{"iss":"c","sub":"","iat":1,"exp":2}"#).unwrap();
        assert_eq!(claims.sub, None);
    }

    #[test]
    fn every_claim_has_its_type() {
        let good =
            serde_json::json!({"iss":"c","iat":1,"exp":2,"aud":["a"],"sub":"s","qsh":"q","nbf":1});
        assert!(Claims::parse(good.to_string().as_bytes()).is_ok());
        for (name, bad) in [
            ("iss", serde_json::json!(null)),
            ("iss", serde_json::json!("")),
            ("iss", serde_json::json!(["c"])),
            ("iat", serde_json::json!("1")),
            ("exp", serde_json::json!(1e308)),
            ("exp", serde_json::json!(2.0)),
            ("exp", serde_json::json!(-1)),
            ("exp", serde_json::json!(true)),
            ("exp", serde_json::json!(null)),
            ("nbf", serde_json::json!("1")),
            ("sub", serde_json::json!(1)),
            ("qsh", serde_json::json!(null)),
            ("aud", serde_json::json!({"$ne": ""})),
            ("aud", serde_json::json!([1])),
            ("aud", serde_json::json!(null)),
            ("context", serde_json::json!("x")),
            ("purpose", serde_json::json!(1)),
        ] {
            let mut claims = good.clone();
            claims[name] = bad.clone();
            assert_eq!(
                Claims::parse(claims.to_string().as_bytes()),
                Err(TokenError::Claim { claim: name }),
                "{name}: {bad}"
            );
        }
    }
}
