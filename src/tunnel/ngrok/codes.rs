//! What ngrok's error codes mean, and whether another try can help
//! (<https://ngrok.com/docs/errors/reference>).

use connect_core::Secret;

use crate::tunnel::error::Outlook;

/// What a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The account is closed, unpaid, or kept to some networks.
    Account,
    /// The authtoken.
    Auth,
    /// The domain that was asked for.
    Domain,
    /// Somebody has the address already.
    Endpoint,
    /// The plan's limit of endpoints, requests or bytes.
    Limit,
    /// The version of the protocol.
    Outdated,
    /// The plan's limit of agents at a time.
    Sessions,
    /// A code without an entry here.
    Unknown,
}

/// Codes, what they are about, and the cause in our words.
const CODES: &[(u16, Subject, &str)] = &[
    (
        102,
        Subject::Account,
        "the last payment for the account failed",
    ),
    (103, Subject::Account, "the account is suspended"),
    (105, Subject::Auth, "the authtoken is cut off or misspelled"),
    (106, Subject::Auth, "the authtoken is one of ngrok 1"),
    (
        107,
        Subject::Auth,
        "the authtoken was revoked or reset, or its account is gone",
    ),
    (
        108,
        Subject::Sessions,
        "the plan allows no more agents at a time",
    ),
    (
        109,
        Subject::Auth,
        "the authtoken is not in the form the server takes",
    ),
    (
        115,
        Subject::Account,
        "the account lets no agent in from this network",
    ),
    (
        116,
        Subject::Account,
        "the authtoken is not for use from this network",
    ),
    (118, Subject::Account, "the account may not use this server"),
    (
        119,
        Subject::Outdated,
        "the server takes no agent of this version",
    ),
    (
        120,
        Subject::Outdated,
        "the server takes no agent of this version any more",
    ),
    (
        121,
        Subject::Outdated,
        "the server takes no agent of this version any more",
    ),
    (
        313,
        Subject::Domain,
        "the plan has no domains of one's own choice",
    ),
    (314, Subject::Domain, "the plan has no domains of one's own"),
    (
        319,
        Subject::Domain,
        "the domain is not reserved for the account",
    ),
    (
        320,
        Subject::Domain,
        "the domain is reserved for another account",
    ),
    (
        324,
        Subject::Limit,
        "the plan allows no more endpoints in one session",
    ),
    (334, Subject::Endpoint, "another agent serves this address"),
    (
        725,
        Subject::Limit,
        "the account has used up its bytes for this month",
    ),
    (
        727,
        Subject::Limit,
        "the account has used up its requests for this month",
    ),
    (
        734,
        Subject::Limit,
        "too many requests came in within a minute",
    ),
    (
        4018,
        Subject::Auth,
        "no authtoken of a verified account was given",
    ),
];

/// What a code is about, and the cause in our words if it has an entry.
pub(crate) fn meaning(code: Option<u16>) -> (Subject, Option<&'static str>) {
    let known = CODES.iter().find(|(known, ..)| Some(*known) == code);
    known.map_or((Subject::Unknown, None), |(_, subject, cause)| {
        (*subject, Some(*cause))
    })
}

/// Whether another try can help.
pub(crate) fn outlook(code: Option<u16>) -> Outlook {
    match meaning(code).0 {
        Subject::Account | Subject::Auth | Subject::Domain | Subject::Outdated => Outlook::Hopeless,
        // Our own last session may linger for a while after it broke.
        Subject::Endpoint | Subject::Sessions => Outlook::HopelessAtStart,
        Subject::Limit => Outlook::Slowly,
        Subject::Unknown => Outlook::Open,
    }
}

/// The number of `ERR_NGROK_<number>`.
pub(crate) fn number(code: &str) -> Option<u16> {
    code.trim().strip_prefix("ERR_NGROK_")?.parse().ok()
}

/// The code in a text that holds one, such as an error page.
pub(crate) fn number_in(text: &str) -> Option<u16> {
    let at = text.find("ERR_NGROK_")?;
    let rest = &text[at + "ERR_NGROK_".len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

/// The first sentence of what the server said, without the authtoken: it sends back what it got.
pub(super) fn without_secret(text: &str, authtoken: &Secret) -> String {
    let lines = text.lines().map(str::trim);
    let line = lines
        .filter(|line| !line.is_empty() && !line.to_lowercase().contains("your authtoken:"))
        .find(|line| !line.starts_with("ERR_NGROK_"))
        .unwrap_or_default();
    let mut line = connect_core::redact::redact(line);
    if !authtoken.is_empty() {
        line = line.replace(authtoken.expose(), "[redacted]");
    }
    line.chars().take(LONGEST).collect()
}

/// Longest text of the server that is shown, in characters.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_each_is_read_from_its_name() {
        let numbers: Vec<_> = CODES.iter().map(|(number, ..)| *number).collect();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(numbers, sorted);
        for (code, subject, _) in CODES {
            assert_eq!(number(&format!("ERR_NGROK_{code}\r")), Some(*code));
            assert_eq!(meaning(Some(*code)).0, *subject);
        }
        assert_eq!(number("108"), None);
        assert_eq!(meaning(None), (Subject::Unknown, None));
        assert_eq!(meaning(Some(1)), (Subject::Unknown, None));
        assert_eq!(number_in("<html>ERR_NGROK_6024</html>"), Some(6024));
        assert_eq!(number_in("nothing"), None);
    }

    #[test]
    fn only_what_can_change_by_itself_is_tried_again() {
        for (code, expected) in [
            (Some(105), Outlook::Hopeless),
            (Some(108), Outlook::HopelessAtStart),
            (Some(320), Outlook::Hopeless),
            (Some(334), Outlook::HopelessAtStart),
            (Some(727), Outlook::Slowly),
            (Some(9999), Outlook::Open),
            (None, Outlook::Open),
        ] {
            assert_eq!(outlook(code), expected, "{code:?}");
        }
    }

    #[test]
    fn what_the_server_says_is_shown_without_the_authtoken() {
        let token = Secret::new("2abcMadeUpToken");
        let said = "The authtoken you specified is properly formed, but it is invalid.\r\n\
            Your authtoken: 2abcMadeUpToken\r\n\r\nERR_NGROK_107\r\n";
        assert_eq!(
            without_secret(said, &token),
            "The authtoken you specified is properly formed, but it is invalid."
        );
        let inline = without_secret("the token '2abcMadeUpToken' is no token", &token);
        assert!(!inline.contains("2abcMadeUp"), "{inline}");
        assert_eq!(without_secret(&"x".repeat(10_000), &token).len(), LONGEST);
    }
}
