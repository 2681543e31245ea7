use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIn0.bm90IGEgc2lnbmF0dXJl";

#[test]
fn what_helps_survives() {
    for text in [
        "",
        "listening on http://127.0.0.1:3000/planner",
        "GET /board?issue=PLAN-7&token_type=x 200",
        "caused by: bad token: expired",
        "hint: set NGROK_AUTHTOKEN in the environment",
        "org.springframework.web.servlet.mvc",
        "[::1]:3000 http://[::1]:3000/@ada",
        "https://vole.jira.com:443/x@y",
        "cookies are off; a secret is a secret",
        "-----BEGINNING-----BEGIN-----BEGINNER",
        "-----BEGIN PUBLIC KEY-----\nTm90\n-----END PUBLIC KEY-----",
    ] {
        let kept = redact(text);
        if text.contains("token_type") {
            assert_eq!(kept, "GET /board?issue=PLAN-7&token_type=[redacted] 200");
        } else {
            assert_eq!(kept, text);
        }
    }
}

#[test]
fn what_follows_a_secret_survives() {
    for (text, expected) in [
        (
            r#"{"sharedSecret":"a \" b","clientKey":"c"}"#,
            r#"{"sharedSecret":"[redacted]","clientKey":"c"}"#,
        ),
        (
            r#"{\"jwt\":\"a \\\" b\",\"c\":1}"#,
            r#"{\"jwt\":\"[redacted]\",\"c\":1}"#,
        ),
        (r#"{"token":-12,"c":1}"#, r#"{"token":[redacted],"c":1}"#),
        ("?jwt=a&b=1 done", "?jwt=[redacted]&b=1 done"),
        ("https://a:b@c/d", "https://[redacted]@c/d"),
        (
            "password: Some(\"x y\") next",
            "password: Some(\"[redacted]\") next",
        ),
        ("--password hunter --quiet", "--password [redacted] --quiet"),
    ] {
        assert_eq!(redact(text), expected);
    }
}

#[test]
fn what_is_left_holds_nothing_new() {
    for text in [
        "headerheader.payloadpayload.eyJhbGciOiJIUzI1NiJ9aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "headerheader.payloadpayload.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.eyJhbGciOiJIUzI1NiJ9",
        "-----BEGIN PRIVATE KEY---I1NiJ9$.eyJhbGciOiJIUzI1NiJ9aaaa:\n-----BEGIN PRIVATE KEY-----",
        "https%3A%2F%2Fada%3AATATT3xFfGF0aaaa/aaaa@b",
        "://aeyJhbGciOiJIUzI1NiJ9/aaaa@b",
        "jwt=-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----jwt",
        "jwt=\"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----jwt\" x",
    ] {
        let once = redact(text);
        assert_eq!(redact(&once), once, "{text}");
        assert!(!once.contains("aaaa"), "{once}");
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the time it takes is what is tested"
)]
fn a_quarter_of_a_megabyte_of_anything_is_read_once() {
    let long = [
        "://",
        "eyJ",
        "jwt=",
        "\"jwt\":\"",
        "\\",
        "\"",
        "%",
        "%3A%2F%2F",
        "a.",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "token: [",
        "-----BEGIN",
        "-",
        "token: \"",
        "authorization",
        "Basic ",
        "jwt",
        "\"token\",\"",
        "a:b/",
        "@",
        "--token ",
        " ",
        "é",
        "token:",
        "x=[\"",
        "://a:b/",
        "token: [] ",
        "token: [\\",
        "jwt='\n",
        "a:b@://",
    ];
    for part in long {
        let text = part.repeat(256 * 1024 / part.len());
        let started = Instant::now();
        let redacted = redact(&text);
        assert!(redacted.len() <= text.len() * REDACTED.len());
        // Debug builds on a busy machine take a tenth of it; a quadratic scan takes hours.
        let took = started.elapsed();
        assert!(took < Duration::from_secs(5), "{part:?} took {took:?}");
    }
}

/// Pieces that meet in odd ways.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "jwt",
            "token",
            "sharedSecret",
            "Authorization",
            "AC_PASSWORD",
            "tokenAge",
            "--token",
            "=",
            ":",
            ": ",
            " ",
            ",",
            ", ",
            "&",
            "\"",
            "\\\"",
            "\\\\\\\"",
            "'",
            "`",
            "%22",
            "%3D",
            "%3A",
            "%20",
            "%26",
            "%2E",
            "%253D",
            "\\",
            "\\n",
            "\\u0026",
            "\\u003d",
            "://",
            "%3A%2F%2F",
            "@",
            "%40",
            "/",
            "[",
            "]",
            "{",
            "}",
            "(",
            "Some(",
            "\n",
            "Basic ",
            "Bearer ",
            "JWT ",
            "eyJ",
            "eyJhbGciOiJIUzI1NiJ9",
            ".",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "[redacted]",
            "é",
            "&quot;",
            "12345",
            "word",
            "ATATT3xFfGF0aaaa",
            "?",
            "#",
            "-",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9]{1,3}",
        "\\PC",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn twice_is_once(pieces in prop::collection::vec(piece(), 0..24)) {
        let once = redact(&pieces.concat());
        prop_assert_eq!(redact(&once), once);
    }

    #[test]
    fn a_token_never_survives(before in prop::collection::vec(piece(), 0..8), after in prop::collection::vec(piece(), 0..8)) {
        let redacted = redact(&format!("{}{TOKEN}{}", before.concat(), after.concat()));
        for start in 0..=TOKEN.len() - 16 {
            let part = &TOKEN[start..start + 16];
            prop_assert!(!redacted.contains(part), "{}", redacted);
        }
    }

    #[test]
    fn a_named_secret_never_survives(
        name in prop::sample::select(vec!["sharedSecret", "jwt", "access_token", "AC_PASSWORD", "Cookie"]),
        separator in prop::sample::select(vec!["=", ": ", "\":\"", "\\\":\\\"", "%3D", "' => '", "\", \""]),
        secret in "[A-Za-z0-9~!*+/_-]{17,40}",
    ) {
        let open: String = separator.chars().filter(|c| "\"'\\".contains(*c)).collect();
        let quote = &open[..open.len() / 2];
        let text = format!("a {quote}{name}{separator}{secret}{quote} b");
        let redacted = redact(&text);
        for start in 0..=secret.len() - 16 {
            prop_assert!(!redacted.contains(&secret[start..start + 16]), "{}", redacted);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        redact(&text);
    }
}
