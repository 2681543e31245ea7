//! Why a host did not install or uninstall an app: UPM's names of the reasons, each in our words
//! with what to do next.

use connect_core::BaseUrl;

use crate::error::{CliError, Kind};

/// A reason that UPM gives.
struct Reason {
    /// Its `subCode`, without what all of its family begin with.
    name: &'static str,
    /// Our code.
    code: &'static str,
    /// Whether it may pass by itself.
    kind: Kind,
    /// What happened, after the name of the site.
    what: &'static str,
    /// What to do; `{site}` stands for its address.
    hint: &'static str,
}

/// Translates the name UPM gives to the reason of a failure; an unknown one is passed on.
pub(super) fn install_failed(
    site: &BaseUrl,
    sub_code: Option<&str>,
    message: Option<&str>,
) -> CliError {
    let name = sub_code.unwrap_or_default();
    let marketplace = message.is_some_and(|message| message.contains(FROM_MARKETPLACE));
    let reason = if marketplace {
        Some(&MARKETPLACE)
    } else {
        reason(name)
    };
    let error = match reason {
        Some(reason) => {
            let what = format!("{site} {}", reason.what);
            CliError::new(reason.kind, reason.code, what)
                .hint(reason.hint.replace("{site}", site.as_str()))
        }
        None if name.contains("connect.in") => CliError::user(
            "install/descriptor-refused",
            format!("{site} refused the descriptor"),
        )
        .hint("connect validate descriptor"),
        None => CliError::user(
            "install/failed",
            format!("{site} could not install the app"),
        ),
    };
    let error = match error.code {
        CLOSED => error
            .cause("CHANGE-3096 (31 March 2026): private Connect apps only through Forge")
            .cause("or its development mode is off")
            .hint("is it a site of your own? switch on development mode at Settings there")
            .hint("connect migrate forge    says what becomes of the app on Forge"),
        _ => error,
    };
    let error = match message {
        Some(message) => error.cause(format!("the host says: {message}")),
        None => error,
    };
    match sub_code {
        Some(sub_code) => error.cause(format!("reason `{sub_code}`")),
        None => error,
    }
}

/// The reason of a name: the longest one in the table that it is or goes on from, so that
/// `bad.response.404` is found before `bad.response`.
fn reason(sub_code: &str) -> Option<&'static Reason> {
    let rest = FAMILIES
        .iter()
        .find_map(|family| sub_code.strip_prefix(family))?;
    let fits = |reason: &&Reason| {
        let more = rest.strip_prefix(reason.name);
        more.is_some_and(|more| more.is_empty() || more.starts_with('.'))
    };
    let reasons = REASONS.iter().filter(fits);
    reasons.max_by_key(|reason| reason.name.len())
}

const fn user(
    name: &'static str,
    code: &'static str,
    what: &'static str,
    hint: &'static str,
) -> Reason {
    Reason {
        name,
        code,
        kind: Kind::User,
        what,
        hint,
    }
}

/// One that may pass: it is tried again.
const fn outside(
    name: &'static str,
    code: &'static str,
    what: &'static str,
    hint: &'static str,
) -> Reason {
    Reason {
        name,
        code,
        kind: Kind::Outside,
        what,
        hint,
    }
}

/// What names begin with.
const FAMILIES: [&str; 7] = [
    "connect.install.error.",
    "connect.invalid.descriptor.",
    "connect.remote.upm.",
    "upm.license.",
    "upm.pluginInstall.error.",
    "upm.pluginUninstall.error.",
    "upm.plugin.error.",
];

const CLOSED: &str = "upm/private-install-closed";
const CALLBACK: &str = "install/callback-failed";
const REFUSED: &str = "install/descriptor-refused";
const UNREACHABLE: &str = "install/unreachable";
const STUMBLED: &str = "upm/stumbled";

const VALIDATE: &str = "connect validate descriptor";
const LOOK_UP: &str = "look at the app's output above; saving the descriptor tries again";
const CERTIFICATE: &str =
    "the address needs a certificate of a public authority, such as that of a tunnel";
const TRUST: &str = "does the app accept this base URL (`AC_LOCAL_BASE_URL`, `allowedBaseUrls`) \
                     and look for install keys at the right place (`CONNECT_KEYS_CDN_URL`)?";

/// A text without a name.
const FROM_MARKETPLACE: &str = "previously been installed from Atlassian Marketplace";
const MARKETPLACE: Reason = user(
    "",
    "upm/key-taken",
    "has the app from the Marketplace, with the same key",
    "uninstall that one ({site}/plugins/servlet/upm), or give yours another `key`",
);

/// By name. `docs/errors.md` has a heading for each code.
const REASONS: &[Reason] = &[
    user(
        "access.denied",
        UNREACHABLE,
        "was not allowed to read the descriptor",
        "serve /atlassian-connect.json to everybody, also through the tunnel",
    ),
    user(
        "addon.admin.permission",
        "upm/not-admin",
        "does not let the app be a user with administrator rights",
        "ask for fewer `scopes`: `ADMIN` needs a user who may grant it",
    ),
    user(
        "auth.with.no.installed.callback",
        REFUSED,
        "wants to hand over a secret, and the descriptor names no place for it",
        "add `lifecycle.installed`, or set `authentication.type` to `none`",
    ),
    user(
        "base_url.no_scheme",
        REFUSED,
        "refused the descriptor: its `baseUrl` has no scheme",
        "write `\"baseUrl\": \"{{localBaseUrl}}\"`: `connect dev` fills it in",
    ),
    user(
        "base_url.no_tls",
        "install/not-https",
        "takes apps with an https `baseUrl` only",
        "name an https address that leads to the app: --url https://...",
    ),
    user(
        "caas.override",
        "upm/key-taken",
        "has another app with this key",
        "choose another `key` in atlassian-connect.json, or uninstall the other app",
    ),
    user(
        "descriptor.not.from.marketplace",
        CLOSED,
        "does not install apps from a descriptor URL",
        "connect dev --via sandbox",
    ),
    user(
        "file.not.found",
        UNREACHABLE,
        "found no descriptor at the app's address",
        "serve it at /atlassian-connect.json below the `baseUrl`",
    ),
    outside(
        "install.exception",
        STUMBLED,
        "stumbled over an error of its own",
        "if it stays: https://status.atlassian.com",
    ),
    user(
        "install.failed",
        "install/failed",
        "could not install the app",
        LOOK_UP,
    ),
    outside(
        "install.internal.error",
        STUMBLED,
        "stumbled over an error of its own",
        "if it stays: https://status.atlassian.com",
    ),
    user(
        "invalid.condition.parameters",
        REFUSED,
        "refused a condition of the descriptor: its parameters are wrong",
        VALIDATE,
    ),
    user(
        "invalid.location",
        REFUSED,
        "refused the descriptor: a module is at a location that does not exist",
        VALIDATE,
    ),
    user(
        "malformed.json",
        REFUSED,
        "could not read the descriptor: it is not JSON",
        "serve it as plain JSON, without comments and trailing commas",
    ),
    user(
        "missing.scope",
        REFUSED,
        "refused the descriptor: a module needs a scope that it does not ask for",
        VALIDATE,
    ),
    user(
        "no.modules",
        REFUSED,
        "refused the descriptor: it has no modules",
        "add one: connect validate descriptor",
    ),
    user(
        "page.with.invalid.condition",
        REFUSED,
        "refused a condition of a page: only some may stand there",
        VALIDATE,
    ),
    user(
        "plugin.not.uninstallable",
        "upm/not-uninstallable",
        "does not let this app be uninstalled",
        "an administrator can see why: {site}/plugins/servlet/upm",
    ),
    user(
        "reference.field.invalid",
        REFUSED,
        "refused the descriptor: a field names a module that it does not have",
        VALIDATE,
    ),
    user(
        "remote.descriptor.validation",
        REFUSED,
        "refused the descriptor",
        VALIDATE,
    ),
    outside(
        "remote.host.bad.domain",
        UNREACHABLE,
        "does not know the name of the app's address",
        "the name of a new tunnel takes some seconds to be known everywhere",
    ),
    user(
        "remote.host.bad.response",
        CALLBACK,
        "got no success from the app's `installed` route",
        LOOK_UP,
    ),
    user(
        "remote.host.bad.response.400",
        CALLBACK,
        "got 400 from the app's `installed` route: the app does not understand the call",
        LOOK_UP,
    ),
    user(
        "remote.host.bad.response.401",
        CALLBACK,
        "got 401 from the app's `installed` route: the app refuses the token of the call",
        TRUST,
    ),
    user(
        "remote.host.bad.response.402",
        CALLBACK,
        "got 402 from the app's `installed` route; a tunnel out of credit answers that, too",
        LOOK_UP,
    ),
    user(
        "remote.host.bad.response.403",
        CALLBACK,
        "got 403 from the app's `installed` route: the app refuses this host",
        TRUST,
    ),
    user(
        "remote.host.bad.response.404",
        CALLBACK,
        "got 404 from the app's `installed` route: there is no such route",
        "`lifecycle.installed` of the descriptor and the app's routes must agree",
    ),
    user(
        "remote.host.bad.response.500",
        CALLBACK,
        "got 500 from the app's `installed` route: the app stumbled",
        LOOK_UP,
    ),
    user(
        "remote.host.bad.response.501",
        CALLBACK,
        "got 501 from the app's `installed` route: there is no POST",
        "`installed` is called with POST",
    ),
    outside(
        "remote.host.bad.response.502",
        CALLBACK,
        "got 502 from the app's address: the way to the app is broken",
        LOOK_UP,
    ),
    outside(
        "remote.host.bad.response.503",
        CALLBACK,
        "got 503 from the app's address: the app is not up",
        LOOK_UP,
    ),
    user(
        "remote.host.ssl",
        UNREACHABLE,
        "does not trust the certificate of the app's address",
        CERTIFICATE,
    ),
    outside(
        "remote.host.timeout",
        CALLBACK,
        "waited in vain for the app's `installed` route",
        "answer within 5 seconds and do the rest later",
    ),
    outside(
        "response.exception",
        UNREACHABLE,
        "cannot reach the app",
        "a real site needs an https address that is open to the internet: --url",
    ),
    user(
        "safe.mode",
        "upm/safe-mode",
        "is in safe mode, in which nothing can be installed",
        "leave safe mode: {site}/plugins/servlet/upm",
    ),
    user(
        "ssl",
        UNREACHABLE,
        "does not trust the certificate of the app's address",
        CERTIFICATE,
    ),
    user(
        "token.invalid.error",
        "upm/license-token",
        "refused the access token that stands for the app's license",
        "remove it or make a new one: {site}/plugins/servlet/upm, Settings",
    ),
    outside(
        "unexpected.error",
        STUMBLED,
        "stumbled over an error of its own",
        "if it stays: https://status.atlassian.com",
    ),
    user(
        "unknown.module",
        REFUSED,
        "refused the descriptor: it has a module of a type that this product does not know",
        "is it made for this product? connect validate descriptor --product jira",
    ),
    user(
        "unsupported.protocol",
        "install/not-https",
        "takes apps from an https address only",
        "name an https address that leads to the app: --url https://...",
    ),
    outside(
        "user.provisioning",
        STUMBLED,
        "could not make the user that the app acts as",
        "if it stays: https://status.atlassian.com",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sub_code: &str) -> &'static str {
        let site = BaseUrl::parse("https://a.atlassian.net").unwrap();
        let error = install_failed(&site, Some(sub_code), Some("its own words"));
        assert!(
            !error.hints.is_empty(),
            "{sub_code} leaves one without a next step"
        );
        assert!(!error.hints[0].contains("{site}"), "{sub_code}");
        assert_eq!(error.causes.last(), Some(&format!("reason `{sub_code}`")));
        error.code
    }

    /// Names from UPM's own list of messages.
    #[test]
    fn every_reason_upm_knows_is_translated() {
        let install = "upm.pluginInstall.error.";
        for (name, code) in [
            ("descriptor.not.from.marketplace", CLOSED),
            ("response.exception", UNREACHABLE),
            ("ssl", UNREACHABLE),
            ("access.denied", UNREACHABLE),
            ("file.not.found", UNREACHABLE),
            ("install.failed", "install/failed"),
            ("unsupported.protocol", "install/not-https"),
            ("safe.mode", "upm/safe-mode"),
        ] {
            assert_eq!(check(&format!("{install}{name}")), code, "{name}");
        }
        let connect = "connect.install.error.";
        for status in [
            "", ".400", ".401", ".402", ".403", ".404", ".500", ".501", ".502", ".503",
        ] {
            let name = format!("{connect}remote.host.bad.response{status}");
            assert_eq!(check(&name), CALLBACK, "{name}");
        }
        for (name, code) in [
            ("remote.host.bad.domain", UNREACHABLE),
            ("remote.host.timeout", CALLBACK),
            ("remote.host.ssl", UNREACHABLE),
            ("remote.descriptor.validation", REFUSED),
            ("remote.descriptor.validation.dev", REFUSED),
            ("auth.with.no.installed.callback", REFUSED),
            ("missing.scope", REFUSED),
            ("unknown.module", REFUSED),
            ("base_url.no_scheme", REFUSED),
            ("base_url.no_tls", "install/not-https"),
            ("invalid.location", REFUSED),
            ("invalid.condition.parameters", REFUSED),
            ("page.with.invalid.condition", REFUSED),
            ("no.modules", REFUSED),
            ("user.provisioning", STUMBLED),
            ("addon.admin.permission", "upm/not-admin"),
            ("caas.override", "upm/key-taken"),
            ("reference.field.invalid", REFUSED),
        ] {
            assert_eq!(check(&format!("{connect}{name}")), code, "{name}");
        }
        for (name, code) in [
            ("upm.license.token.invalid.error", "upm/license-token"),
            (
                "upm.pluginUninstall.error.plugin.not.uninstallable",
                "upm/not-uninstallable",
            ),
            ("upm.plugin.error.unexpected.error", STUMBLED),
            ("connect.invalid.descriptor.malformed.json", REFUSED),
            ("connect.invalid.descriptor.install.exception", STUMBLED),
            ("connect.remote.upm.install.exception", STUMBLED),
            ("connect.remote.upm.install.internal.error", STUMBLED),
            // One that is new is still a matter of the descriptor.
            ("connect.install.error.something.new", REFUSED),
        ] {
            assert_eq!(check(name), code, "{name}");
        }
    }

    #[test]
    fn the_names_in_the_table_are_different() {
        let mut names: Vec<_> = REASONS.iter().map(|reason| reason.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), REASONS.len());
    }

    #[test]
    fn an_app_of_the_marketplace_is_known_by_its_text() {
        let site = BaseUrl::parse("https://a.atlassian.net").unwrap();
        let text = "The app \"X\" could not be installed as a local app as it has previously been \
                    installed from Atlassian Marketplace";
        let error = install_failed(&site, None, Some(text));
        assert_eq!(error.code, "upm/key-taken");
    }
}
