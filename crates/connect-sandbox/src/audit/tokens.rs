//! Tokens on a page: the same genuine request in every way that a host may write it, and with
//! every mistake that an app has been known to overlook.

use ring::hmac;
use serde_json::{Value, json};
use url::Url;

use crate::audit::{
    Audit,
    report::Severity::{self, Critical, Hardening, High, Interop, Low, Medium},
    shot::{Expect, Shot},
    token::{HS256, compact, hmac_token, hs256, qsh},
};

impl Audit<'_> {
    pub(super) async fn tokens(&mut self, page: &Url) {
        let groups = [
            self.genuine(page),
            self.algorithms(page),
            self.weak_keys(page),
            self.hashes(page),
            self.places(page),
            self.structure(page),
            self.json(page),
            self.claims_of_others(page),
        ];
        for shots in groups {
            self.fire_all(shots).await;
        }
    }

    /// What hosts send; an app that refuses it fails its customers.
    fn genuine(&self, page: &Url) -> Vec<Shot> {
        let shot = |name: &str, url: &Url| {
            Shot::new("genuine", name, Interop, url).expect(Expect::Success)
        };
        let signed = |url: &Url| self.good("GET", url);
        let plain = self.claims("GET", page);
        let for_app = {
            let mut claims = plain.clone();
            claims["aud"] = self.app.descriptor.key.as_str().into();
            hs256(&claims, self.secret())
        };
        let iframe = with_query(
            page,
            &format!(
                "xdm_e={}&xdm_c=channel-{}__page&cp=%2Fjira&lic=active&cv=1001.0.0-SNAPSHOT",
                crate::urls::percent_encode(self.site.base_url.origin()),
                self.app.descriptor.key
            ),
        );
        let ordered = with_query(page, "connect_a=1&connect_b=2");
        let reordered = with_query(page, "connect_b=2&connect_a=1");
        let brackets = with_query(page, "filter%5Bx%5D=1");
        let repeats = with_query(page, &vec!["connect_r=1"; 21].join("&"));
        let expired = {
            let mut claims = plain.clone();
            claims["iat"] = json!(self.now() - 200);
            claims["exp"] = json!(self.now() - 20);
            hs256(&claims, self.secret())
        };
        vec![
            shot("token in the header", page).jwt(&signed(page)),
            shot("token in the query", &with_jwt(page, &signed(page))),
            shot(
                "the address of an iframe",
                &with_jwt(&iframe, &signed(&iframe)),
            ),
            shot("parameters in another order", &reordered).jwt(&signed(&ordered)),
            shot("brackets in a parameter's name", &brackets).jwt(&signed(&brackets)),
            shot("a parameter 21 times", &repeats).jwt(&signed(&repeats)),
            shot("expired 20 s ago, as clocks differ", page).jwt(&expired),
            shot("the app key as audience", page).jwt(&for_app),
            shot("the scheme in lower case", page)
                .header("authorization", &format!("jwt {}", signed(page))),
        ]
    }

    fn algorithms(&self, page: &Url) -> Vec<Shot> {
        let claims = self.claims("GET", page).to_string();
        let shot = |name: &str, severity, token: &str| {
            Shot::new("algorithm", name, severity, page).jwt(token)
        };
        let mut shots = Vec::new();
        for alg in [
            json!("none"),
            json!("NONE"),
            json!("nOnE"),
            json!("none "),
            json!("HS256 "),
            json!(null),
            json!(true),
            json!(["HS256"]),
            json!(""),
        ] {
            let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
            let token = compact(header.as_bytes(), claims.as_bytes(), |_| Vec::new());
            shots.push(shot(
                &format!("alg {alg} without a signature"),
                Critical,
                &token,
            ));
        }
        let own = |header: &[u8]| hmac_token(header, claims.as_bytes(), self.secret());
        shots.push(shot(
            "alg none with a good signature",
            High,
            &own(br#"{"alg":"none"}"#),
        ));
        shots.push(shot(
            "no alg, with a good signature",
            High,
            &own(br#"{"typ":"JWT"}"#),
        ));
        for (name, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
            let header = json!({ "typ": "JWT", "alg": name }).to_string();
            let key = hmac::Key::new(algorithm, self.secret());
            let token = compact(header.as_bytes(), claims.as_bytes(), |text| {
                hmac::sign(&key, text).as_ref().to_vec()
            });
            shots.push(shot(&format!("{name} with the secret"), Hardening, &token));
        }
        let kid = self.host_key.kid.as_str();
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid });
        let token = self.stranger.token(&header, &self.claims("GET", page));
        shots.push(shot(
            "RS256 by a foreign key under a known id",
            Critical,
            &token,
        ));
        for extra in [
            json!({ "crit": ["exp"] }),
            json!({ "zip": "DEF" }),
            json!({ "b64": false }),
        ] {
            let mut header = json!({ "typ": "JWT", "alg": "HS256" });
            for (name, value) in extra.as_object().into_iter().flatten() {
                header[name] = value.clone();
            }
            let token = own(header.to_string().as_bytes());
            shots.push(shot(&format!("header {extra}"), Hardening, &token));
        }
        shots
    }

    fn weak_keys(&self, page: &Url) -> Vec<Shot> {
        let claims = self.claims("GET", page);
        let keys = [
            ("the empty text", String::new()),
            ("`null`", "null".to_owned()),
            ("`undefined`", "undefined".to_owned()),
            ("`secret`", "secret".to_owned()),
            ("the app key", self.app.descriptor.key.to_string()),
            ("the client key", self.site.client_key.to_string()),
        ];
        let shot = |(name, key): (&str, String)| {
            let name = format!("signed with {name}");
            Shot::new("weak-key", name, Critical, page).jwt(&hs256(&claims, key.as_bytes()))
        };
        keys.into_iter().map(shot).collect()
    }

    fn hashes(&self, page: &Url) -> Vec<Shot> {
        let shot = |name: &str, severity: Severity, url: &Url, token: &str| {
            Shot::new("qsh", name, severity, url).jwt(token)
        };
        let mut shots = Vec::new();
        let mut claims = self.claims("GET", page);
        for (name, value, severity) in [
            (
                "a context token of the browser",
                json!("context-qsh"),
                Critical,
            ),
            ("qsh null", json!(null), Hardening),
            ("qsh a number", json!(1), Hardening),
            ("qsh empty", json!(""), Hardening),
        ] {
            claims["qsh"] = value;
            shots.push(shot(name, severity, page, &hs256(&claims, self.secret())));
        }
        claims.as_object_mut().map(|claims| claims.remove("qsh"));
        shots.push(shot(
            "no qsh",
            Hardening,
            page,
            &hs256(&claims, self.secret()),
        ));

        let mut elsewhere = page.clone();
        elsewhere.set_path(&format!("{}/connect-elsewhere", self.base_path()));
        shots.push(shot(
            "the token of another page",
            High,
            page,
            &self.good("GET", &elsewhere),
        ));
        shots.push(shot(
            "the token of a POST",
            High,
            page,
            &self.good("POST", page),
        ));
        // Signed over the first, sent with the second.
        for (name, severity, signed, sent) in [
            ("a parameter added", High, "", "connect_x=1"),
            ("a parameter removed", High, "connect_x=1", ""),
            ("a value changed", High, "connect_x=1", "connect_x=2"),
            (
                "one value sent as two",
                High,
                "connect_a=1%2C2",
                "connect_a=1&connect_a=2",
            ),
            (
                "two values sent as one",
                High,
                "connect_a=1&connect_a=2",
                "connect_a=1%2C2",
            ),
            ("`__proto__` added", High, "", "__proto__=1"),
            ("`constructor` added", High, "", "constructor=1"),
            (
                "an object's text for brackets",
                Medium,
                "filter=%5Bobject+Object%5D",
                "filter%5Bx%5D=evil",
            ),
            (
                "brackets dropped",
                Medium,
                "connect_a=1",
                "connect_a%5B%5D=1",
            ),
        ] {
            let token = self.good("GET", &with_query(page, signed));
            shots.push(shot(name, severity, &with_query(page, sent), &token));
        }
        // What JavaScript apps hash when a parameter's name has brackets.
        let collapsed = with_query(page, "filter=%5Bobject%20Object%5D");
        let mut claims = self.claims("GET", page);
        claims["qsh"] = qsh("GET", &collapsed, self.base_path()).into();
        let changed = with_query(page, "filter%5Bx%5D=2");
        let token = hs256(&claims, self.secret());
        shots.push(shot(
            "a value within brackets changed",
            Medium,
            &changed,
            &token,
        ));
        let many: Vec<String> = (0..1_000).map(|n| format!("p{n}=1")).collect();
        let many = many.join("&");
        let token = self.good("GET", &with_query(page, &many));
        let more = with_query(page, &format!("{many}&connect_x=1"));
        shots.push(shot("the 1,001st parameter added", Medium, &more, &token));
        shots
    }

    fn places(&self, page: &Url) -> Vec<Shot> {
        let good = self.good("GET", page);
        let shot = |name: &str, severity| Shot::new("place", name, severity, page);
        let at = |name: &str, url: &Url| Shot::new("place", name, Medium, url);
        let header = |value: &str, name: &str| shot(name, Medium).header("authorization", value);
        let other = self.good("GET", &with_query(page, "connect_x=1"));
        let query = |text: &str| with_query(page, text);
        vec![
            shot("no token", Medium),
            header(&format!("Bearer {good}"), "as Bearer"),
            header(&good, "without a scheme"),
            header(&format!("Basic {good}"), "as Basic"),
            header("JWT ", "a scheme alone"),
            at(
                "two tokens in the query",
                &query(&format!("jwt={good}&jwt={other}")),
            ),
            at("a list of tokens", &query(&format!("jwt%5B%5D={good}"))),
            Shot::new(
                "place",
                "the old parameter acpt",
                Low,
                &query(&format!("acpt={good}")),
            ),
            Shot::new(
                "place",
                "a good token in the query, another in the header",
                High,
                &query(&format!("jwt={good}")),
            )
            .jwt(&other),
        ]
    }

    fn structure(&self, page: &Url) -> Vec<Shot> {
        let good = self.good("GET", page);
        let shot = |name: &str, severity, token: &str| {
            Shot::new("structure", name, severity, page).jwt(token)
        };
        let mut parts = good.rsplitn(2, '.');
        let (signature, signed) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let head = signed.split('.').next().unwrap_or_default();
        let bits = other_last_bits(signature);
        let mut shots = vec![
            shot("two parts", Medium, signed),
            shot("one part", Medium, head),
            shot("dots alone", Medium, ".."),
            shot("a dot before", Medium, &format!(".{good}")),
            shot("a dot behind", Medium, &format!("{good}.")),
            shot("an empty signature", High, &format!("{signed}.")),
            shot("a longer signature", High, &format!("{good}AAAA")),
            shot("a shorter signature", High, &good[..good.len() - 4]),
            shot("blanks inside", Medium, &good.replacen('.', " .", 1)),
            shot("no token at all", Medium, "garbage"),
            shot("letters of no token", Medium, &format!("ä{good}")),
            shot("escaped dots", Medium, &good.replace('.', "%2E")),
            shot(
                "other bits behind the last",
                Low,
                &format!("{signed}.{bits}"),
            ),
            shot(
                "88 KiB",
                Medium,
                &format!("{good}{}", "A".repeat(88 * 1024)),
            ),
        ];
        if let Some(token) = self.with_other_alphabet(page) {
            shots.push(shot("the alphabet with `+` and `/`", High, &token));
        }
        shots
    }

    /// A good token whose signature is written with `+` and `/`; not every signature has them.
    fn with_other_alphabet(&self, page: &Url) -> Option<String> {
        let mut claims = self.claims("GET", page);
        (0..64).find_map(|n| {
            claims["context"] = json!({ "n": n });
            let token = hs256(&claims, self.secret());
            let (signed, signature) = token.rsplit_once('.')?;
            signature
                .contains(['-', '_'])
                .then(|| format!("{signed}.{}", signature.replace('-', "+").replace('_', "/")))
        })
    }

    fn json(&self, page: &Url) -> Vec<Shot> {
        let claims = self.claims("GET", page).to_string();
        let inner = &claims[1..claims.len() - 1];
        let issuer = self.site.client_key.as_str();
        let token = |payload: &[u8]| hmac_token(HS256, payload, self.secret());
        let shot = |name: &str, token: &str| Shot::new("json", name, Hardening, page).jwt(token);
        let text = |name: &str, payload: String| shot(name, &token(payload.as_bytes()));
        let twice = format!(r#"{{"alg":"none",{}"#, &String::from_utf8_lossy(HS256)[1..]);
        let twice = hmac_token(twice.as_bytes(), claims.as_bytes(), self.secret());
        let mut broken = claims.clone().into_bytes();
        broken.insert(1, 0xff);
        vec![
            text("iss twice", format!(r#"{{"iss":"{issuer}",{inner}}}"#)),
            text(
                "iss twice, once escaped",
                format!(r#"{{"\u0069ss":"{issuer}",{inner}}}"#),
            ),
            text("something behind", format!("{claims}x")),
            text("two objects", format!("{claims}{claims}")),
            text("a number", "1".to_owned()),
            text("a mark before", format!("\u{feff}{claims}")),
            text("a comment", format!("{{/**/{inner}}}")),
            text("single quotes", claims.replace('"', "'")),
            text("NaN", format!(r#"{{"nbf":NaN,{inner}}}"#)),
            text("infinity", format!(r#"{{"nbf":1e999,{inner}}}"#)),
            shot("alg twice", &twice),
            shot("no UTF-8", &token(&broken)),
        ]
    }

    fn claims_of_others(&self, page: &Url) -> Vec<Shot> {
        let now = self.now();
        let cases: Vec<(&str, Severity, &str, Option<Value>)> = vec![
            (
                "expired 10 minutes ago",
                High,
                "exp",
                Some(json!(now - 600)),
            ),
            ("no exp", Hardening, "exp", None),
            ("exp null", Hardening, "exp", Some(Value::Null)),
            ("exp a list", Hardening, "exp", Some(json!([now + 180]))),
            (
                "exp a text",
                Hardening,
                "exp",
                Some(json!((now + 180).to_string())),
            ),
            ("exp true", Hardening, "exp", Some(json!(true))),
            ("exp below zero", Hardening, "exp", Some(json!(-1))),
            ("exp without end", Hardening, "exp", Some(json!(1e300))),
            (
                "a life of a year",
                Hardening,
                "exp",
                Some(json!(now + 365 * 86_400)),
            ),
            (
                "iat an hour ahead",
                Hardening,
                "iat",
                Some(json!(now + 3_600)),
            ),
            ("iat a text", Hardening, "iat", Some(json!("now"))),
            ("nbf a text", Hardening, "nbf", Some(json!("now"))),
            ("no iss", Hardening, "iss", None),
            ("iss null", Hardening, "iss", Some(Value::Null)),
            ("iss a number", Hardening, "iss", Some(json!(1))),
            (
                "iss a list",
                Hardening,
                "iss",
                Some(json!([self.site.client_key.as_str()])),
            ),
            ("iss empty", Hardening, "iss", Some(json!(""))),
            ("aud a number", Hardening, "aud", Some(json!(1))),
            (
                "aud an object",
                Hardening,
                "aud",
                Some(json!({ "$ne": "" })),
            ),
            (
                "aud of another app",
                Hardening,
                "aud",
                Some(json!(["com.example.other"])),
            ),
            ("sub a number", Hardening, "sub", Some(json!(1))),
            ("context a text", Hardening, "context", Some(json!("x"))),
        ];
        let plain = self.claims("GET", page);
        let shot = |(name, severity, claim, value): (&str, Severity, &str, Option<Value>)| {
            let mut claims = plain.clone();
            if name.starts_with("expired") {
                claims["iat"] = json!(now - 780);
            }
            match (value, claims.as_object_mut()) {
                (Some(value), Some(claims)) => claims.insert(claim.to_owned(), value),
                (None, Some(claims)) => claims.remove(claim),
                (_, None) => None,
            };
            Shot::new("claims", name, severity, page).jwt(&hs256(&claims, self.secret()))
        };
        cases.into_iter().map(shot).collect()
    }
}

/// With more parameters behind those it has.
fn with_query(url: &Url, more: &str) -> Url {
    let mut url = url.clone();
    let query = [url.query().unwrap_or_default(), more]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join("&");
    url.set_query((!query.is_empty()).then_some(&query));
    url
}

fn with_jwt(url: &Url, token: &str) -> Url {
    with_query(url, &format!("jwt={token}"))
}

/// A last letter that stands for the same bytes: of its six bits, two say nothing.
fn other_last_bits(signature: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let Some((&last, before)) = signature.as_bytes().split_last() else {
        return String::new();
    };
    let at = LETTERS
        .iter()
        .position(|&letter| letter == last)
        .unwrap_or_default();
    let mut text = String::from_utf8_lossy(before).into_owned();
    text.push(char::from(LETTERS[at ^ 1]));
    text
}
