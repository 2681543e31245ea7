//! The signed address of a module, and the name its iframe carries.

use serde_json::{Value, json};
use url::Url;

use crate::{
    descriptor::Module,
    pages::variables::{Context, expand},
    random,
    rest::ticket::Ticket,
    sign::{self, PAGE_LIFE, Subject},
    state::{App, Shared, Site},
    urls,
    users::User,
};

/// Who looks at a module, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) user: Option<User>,
    /// What the variables of URLs stand for.
    pub(crate) context: Context,
    /// The same place as tokens tell it.
    pub(crate) structured: Value,
}

/// Everything a page needs to show one module.
#[derive(Debug)]
pub(crate) struct Frame {
    /// `APP__MODULE__RANDOM`, the id by which both sides of the bridge know the frame.
    pub(crate) id: String,
    pub(crate) src: String,
    /// The iframe's `name`: the bridge's first message, in JSON.
    pub(crate) name: String,
    /// What the host's script must know: ids, origin, and the ticket to be served with.
    pub(crate) setup: Value,
    /// The address without its token, for people.
    pub(crate) shown_url: String,
}

/// Makes the frame of a module; nothing when its URL is not one.
pub(crate) fn frame(
    shared: &Shared,
    site: &Site,
    app: &App,
    module: &Module,
    viewer: &Viewer,
    options: Value,
) -> Option<Frame> {
    let (src, shown_url) = signed_url(shared, site, app, module, viewer)?;
    let app_key = app.descriptor.key.as_str();
    let unique = format!("{app_key}__{}", module.key);
    let id = format!("{unique}__{}", random::hex(&random::bytes::<4>()));
    let ticket = Ticket {
        site: site.base_url.path().to_owned(),
        app: app_key.to_owned(),
        module: module.key.clone(),
        user: viewer.user.as_ref().map(|user| user.account_id.clone()),
        context: viewer.structured.clone(),
        variables: viewer.context.clone(),
    };
    let mut all = json!({
        "autoresize": true,
        "widthinpx": true,
        "hostOrigin": site.base_url.origin(),
        "origin": app.descriptor.base_url.origin(),
        "moduleType": module.kind,
        "moduleLocation": module.location,
        "isFullPage": module.is_page(),
        "productContext": viewer.context,
        "structuredContext": viewer.structured,
        "contextJwt": sign::context_token(shared, site, app, &subject(viewer)),
        "user": viewer.user.as_ref().map(|user| json!({
            "timeZone": user.time_zone,
            "fullName": user.display_name,
            "uid": user.account_id,
            "ukey": user.account_id,
        })),
        "uniqueKey": unique,
        "noSub": true,
        "globalOptions": {},
        "platformFeatureFlags": {},
    });
    if let (Value::Object(all), Value::Object(options)) = (&mut all, options) {
        all.extend(options);
    }
    let name = json!({
        "extension_id": id,
        "api": api(),
        "origin": site.base_url.origin(),
        "options": all,
    });
    let setup = json!({
        "id": id,
        "app": app_key,
        "module": module.key,
        "title": module.name,
        "origin": Url::parse(&src).ok()?.origin().ascii_serialization(),
        "ticket": ticket.sign(shared),
        "context": viewer.structured,
    });
    Some(Frame {
        name: name.to_string(),
        setup,
        id,
        src,
        shown_url,
    })
}

/// The bridge's methods, as frames are told of them.
pub(crate) fn api() -> Value {
    serde_json::from_str(include_str!("assets/api.json")).unwrap_or_else(|error| {
        // Test: the_api_is_json.
        tracing::error!(%error, "the list of bridge methods is not JSON");
        json!({})
    })
}

pub(crate) fn subject(viewer: &Viewer) -> Subject<'_> {
    Subject {
        user: viewer.user.as_ref().map(|user| user.account_id.as_str()),
        context: viewer.structured.clone(),
    }
}

/// The address with the host's parameters in the host's order, and the same without the token.
fn signed_url(
    shared: &Shared,
    site: &Site,
    app: &App,
    module: &Module,
    viewer: &Viewer,
) -> Option<(String, String)> {
    let descriptor = &app.descriptor;
    let expanded = expand(module.url.as_deref()?, &viewer.context);
    let url = descriptor.url(&expanded)?;
    if module.cacheable {
        // A cacheable page is the same for everyone: no parameters, no token.
        return Some((url.to_string(), url.to_string()));
    }
    let mut text = url.to_string();
    let fragment = text
        .find('#')
        .map(|at| text.split_off(at))
        .unwrap_or_default();
    let key = descriptor.key.as_str();
    urls::add_param(&mut text, "xdm_e", site.base_url.origin());
    urls::add_param(
        &mut text,
        "xdm_c",
        &format!("channel-{key}__{}", module.key),
    );
    urls::add_param(&mut text, "cp", site.base_url.path());
    urls::add_param(&mut text, "xdm_deprecated_addon_key_do_not_use", key);
    urls::add_param(&mut text, "lic", app.license.as_str());
    urls::add_param(&mut text, "cv", "1001.0.0-SNAPSHOT");
    let shown = text.clone();
    // Only the app's own origin gets tokens; a page elsewhere is shown without one.
    let own = url.origin().ascii_serialization() == descriptor.base_url.origin();
    if descriptor.jwt && own {
        let signed = Url::parse(&text).ok()?;
        let token = sign::request_token(
            shared,
            site,
            app,
            "GET",
            &signed,
            PAGE_LIFE,
            &subject(viewer),
        )?;
        urls::add_param(&mut text, "jwt", &token);
    }
    text.push_str(&fragment);
    Some((text, shown))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_api_is_json() {
        assert!(super::api()["context"]["getToken"]["returnsPromise"].is_boolean());
    }
}
