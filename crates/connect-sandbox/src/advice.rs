//! What a real host tells people of a failed install, and what its developer does about it.

/// Advice on a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    /// What people see on a real site.
    pub(crate) seen: &'static str,
    /// What to do.
    pub(crate) hint: &'static str,
}

/// The advice on one of UPM's codes.
pub(crate) fn on_install(sub_code: &str) -> Advice {
    let fits = |(name, ..): &&(&str, _, _)| {
        let rest = sub_code.split_once(*name).map(|(_, rest)| rest);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let found = ADVICE
        .iter()
        .filter(fits)
        .max_by_key(|(name, ..)| name.len());
    let (seen, hint) = found.map_or((FAILED, LOG), |(_, seen, hint)| (*seen, *hint));
    Advice { seen, hint }
}

const FAILED: &str = "the app manager says that the app could not be installed, and nothing more.";
const NOT_TAKEN: &str = "the app manager says that the app's host could not be reached or did not \
    take the install, with the status at most; the version before stays as it was.";
const UNREADABLE: &str = "the app manager says that the descriptor cannot be read or is not valid.";
const LOG: &str = "Look at the app's log.";
const VALIDATE: &str = "Run “connect validate descriptor”, which shows the place.";
const START: &str = "Start the app, and compare `baseUrl` with the address it listens at.";
const SERVE: &str = "Serve the descriptor at that address, to everybody and without a redirect.";

/// Code without what its family begins with, what people see, what to do.
const ADVICE: &[(&str, &str, &str)] = &[
    ("access.denied", UNREADABLE, SERVE),
    (
        "auth.with.no.installed.callback",
        UNREADABLE,
        "Add `lifecycle.installed`, or set `authentication.type` to `none`.",
    ),
    (
        "base_url.no_scheme",
        UNREADABLE,
        "Write the whole address, https and all, into `baseUrl`.",
    ),
    (
        "base_url.no_tls",
        UNREADABLE,
        "Name an https address: real hosts take no other, the sandbox also this machine's.",
    ),
    (
        "descriptor.not.from.marketplace",
        "the app manager has no field for the address of a descriptor, or says that the app must \
         come from the Marketplace.",
        "On a site of your own switch on development mode; others take private apps through Forge only.",
    ),
    ("file.not.found", UNREADABLE, SERVE),
    ("malformed.json", UNREADABLE, VALIDATE),
    ("remote.descriptor.validation", UNREADABLE, VALIDATE),
    ("remote.host.bad.domain", NOT_TAKEN, START),
    (
        "remote.host.bad.response",
        NOT_TAKEN,
        "Answer the `installed` call itself with 200, 201 or 204: hosts follow no redirect.",
    ),
    (
        "remote.host.bad.response.400",
        NOT_TAKEN,
        "Compare what the app reads with the body of the call: members come and go.",
    ),
    ("remote.host.bad.response.500", NOT_TAKEN, LOG),
    ("remote.host.bad.response.501", NOT_TAKEN, LOG),
    ("remote.host.bad.response.502", NOT_TAKEN, LOG),
    ("remote.host.bad.response.503", NOT_TAKEN, LOG),
    ("remote.host.bad.response.401", NOT_TAKEN, TRUST),
    ("remote.host.bad.response.403", NOT_TAKEN, TRUST),
    (
        "remote.host.bad.response.404",
        NOT_TAKEN,
        "Make `lifecycle.installed` of the descriptor and the app's route agree.",
    ),
    (
        "remote.host.ssl",
        NOT_TAKEN,
        "Give the address a certificate of a public authority, such as that of a tunnel.",
    ),
    (
        "remote.host.timeout",
        NOT_TAKEN,
        "Answer within five seconds: store the secret, answer 204, and do the rest later.",
    ),
    (
        "response.exception",
        UNREADABLE,
        "Start the app, and serve the descriptor with 200 and without a redirect.",
    ),
    (
        "ssl",
        UNREADABLE,
        "Give the address a certificate of a public authority.",
    ),
    (
        "unsupported.protocol",
        UNREADABLE,
        "Give the address of the descriptor, with http or https.",
    ),
];

const TRUST: &str = "The app does not believe the call: is its base URL that of the descriptor, and \
    does it look for install keys here (`CONNECT_KEYS_CDN_URL`)?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_that_fits_is_the_advice() {
        let hint = |code: &str| on_install(code).hint;
        let bad = "connect.install.error.remote.host.bad.response";
        assert!(hint(bad).contains("redirect"));
        assert!(hint(&format!("{bad}.401")).contains("CONNECT_KEYS_CDN_URL"));
        assert_eq!(hint(&format!("{bad}.503")), LOG);
        let validation = "connect.install.error.remote.descriptor.validation.dev";
        assert_eq!(hint(validation), VALIDATE);
        assert_eq!(hint("upm.plugin.error.unexpected.error"), LOG);
    }
}
