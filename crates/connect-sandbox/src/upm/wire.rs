//! The JSON shapes of the plugin manager.

use serde_json::{Value, json};

use crate::{
    USERNAME, clock,
    state::{App, License, Site},
    upm::tasks::{Task, TaskState},
};

pub(crate) fn plugin_path(site: &Site, key: &str) -> String {
    format!("{}{ROOT}/{key}-key", site.base_url.path())
}

pub(crate) fn task_path(site: &Site, id: &str) -> String {
    format!("{}{ROOT}/pending/{id}", site.base_url.path())
}

pub(crate) fn root_links(site: &Site) -> Value {
    json!({ "self": format!("{}{ROOT}/", site.base_url.path()) })
}

pub(crate) fn plugin(site: &Site, app: &App) -> Value {
    let descriptor = &app.descriptor;
    let key = descriptor.key.as_str();
    let modules: Vec<Value> = descriptor
        .modules
        .iter()
        .filter(|module| !module.key.is_empty())
        .map(|module| {
            json!({
                "key": module.key,
                "completeKey": format!("{key}:{}", module.key),
                "name": module.name,
                "enabled": app.enabled,
                "optional": true,
                "recognisableType": true,
                "broken": false,
                "links": {},
            })
        })
        .collect();
    json!({
        "key": key,
        "name": descriptor.name,
        "version": descriptor.version,
        "description": descriptor.description,
        "vendor": descriptor.vendor.as_ref().map(|name| json!({ "name": name })),
        "enabled": app.enabled,
        "enabledByDefault": true,
        "userInstalled": true,
        "optional": true,
        "remotable": true,
        "static": false,
        "unloadable": false,
        "usesLicensing": descriptor.licensing,
        "modules": modules,
        "links": { "self": plugin_path(site, key), "modify": plugin_path(site, key), "delete": plugin_path(site, key) },
    })
}

pub(crate) fn task(site: &Site, task: &Task) -> Value {
    let mut status = json!({
        "done": false,
        "statusCode": 200,
        "contentType": "application/vnd.atl.plugins.install.installing+json",
        "source": task.source,
        "name": task.source,
    });
    if let TaskState::Failed(failure) = &task.state {
        status["done"] = true.into();
        status["contentType"] = "application/vnd.atl.plugins.task.install.err+json".into();
        status["subCode"] = failure.sub_code.as_str().into();
        status["errorMessage"] = failure.message.as_str().into();
    }
    let path = task_path(site, &task.id);
    json!({
        "type": "INSTALL",
        "pingAfter": PING_AFTER,
        "status": status,
        "links": { "self": path, "alternate": path },
        "timestamp": clock::unix_millis(),
        "userKey": USERNAME,
        "id": task.id,
    })
}

pub(crate) fn settings(development_mode: bool) -> Value {
    let setting = |key: &str, value: bool| json!({ "key": key, "value": value, "requiresRefresh": false, "defaultCheckedValue": true, "readOnly": false });
    json!({
        "settings": [
            setting("pacDisabled", false),
            setting("requestsDisabled", false),
            setting("connectDeveloperListingsEnabled", development_mode),
        ],
        "links": {},
    })
}

pub(crate) fn license(app: &App) -> Value {
    let active = app.license == License::Active;
    json!({
        "pluginKey": app.descriptor.key.as_str(),
        "valid": active,
        "active": active,
        "evaluation": false,
        "nearlyExpired": false,
        "licenseType": "COMMERCIAL",
        "maximumNumberOfUsers": 10,
        "autoRenewal": true,
        "supportEntitlementNumber": "SEN-SANDBOX",
    })
}

const ROOT: &str = "/rest/plugins/1.0";

/// How long a client should wait before it asks again, in milliseconds.
const PING_AFTER: u32 = 100;
