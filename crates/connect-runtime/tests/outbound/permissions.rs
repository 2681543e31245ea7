//! What users may do, asked of the product.

use connect_runtime::{
    ConfluencePermissions, ConfluencePlace, ConnectApp, ContextRequest, HostRequest,
    JiraPermissions, JiraPlace, PermissionError, RequirePermissions, Routes,
    core::{
        AccountId, Product, Tenant, jws,
        qsh::{CONTEXT_QSH, Qsh, RequestLine},
    },
    http::Method,
};
use serde_json::{Value, json};

use crate::world::{World, ada, grace, nothing};

fn code(result: Result<(), PermissionError>) -> &'static str {
    result.map_or_else(|error| error.code(), |()| "granted")
}

#[tokio::test]
async fn every_permission_of_jira_that_is_asked_must_be_granted() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Jira).await;
    let place = JiraPlace {
        project: Some(10_000),
        issue: Some(10_100),
    };
    let none = JiraPermissions::new;
    let both = || none().project(["BROWSE_PROJECTS", "ADMINISTER_PROJECTS"]);
    for (user, asked, expected) in [
        (Some(ada()), both(), "granted"),
        (Some(grace()), both(), "permission/denied"),
        (
            Some(grace()),
            none().project(["BROWSE_PROJECTS"]),
            "granted",
        ),
        (Some(grace()), none().issue(["EDIT_ISSUES"]), "granted"),
        (Some(grace()), none().global(["USER_PICKER"]), "granted"),
        (
            Some(grace()),
            none().global(["USER_PICKER", "ADMINISTER"]),
            "permission/denied",
        ),
        (
            Some(ada()),
            none().global(["ADMINISTER"]).issue(["EDIT_ISSUES"]),
            "granted",
        ),
        (
            None,
            none().project(["BROWSE_PROJECTS"]),
            "permission/denied",
        ),
        (Some(ada()), none(), "permission/nothing-asked"),
    ] {
        let result = client.check_jira(user.as_ref(), &asked, &place).await;
        assert_eq!(code(result), expected, "{user:?} {asked:?}");
    }
    // An id that does not exist is granted nothing.
    let nowhere = JiraPlace {
        project: Some(7),
        issue: None,
    };
    let result = client.check_jira(Some(&ada()), &both(), &nowhere).await;
    assert_eq!(code(result), "permission/denied");
    let stranger = AccountId::parse("712020:nobody").unwrap();
    let result = client.check_jira(Some(&stranger), &both(), &place).await;
    assert_eq!(code(result), "permission/denied");
}

#[tokio::test]
async fn every_operation_of_confluence_that_is_asked_must_be_allowed() {
    let world = World::start(nothing).await;
    let client = world.client(Product::Confluence).await;
    let home = ConfluencePlace::content("32769").unwrap();
    let none = ConfluencePermissions::new;
    for (user, asked, expected) in [
        (
            Some(ada()),
            none().content(["read", "update", "delete"]),
            "granted",
        ),
        (
            Some(grace()),
            none().content(["read", "delete"]),
            "permission/denied",
        ),
        (None, none().content(["read"]), "granted"),
        (
            None,
            none().content(["read", "update"]),
            "permission/denied",
        ),
        (Some(ada()), none().application(["administer"]), "granted"),
        (
            Some(grace()),
            none().application(["create_space"]),
            "granted",
        ),
        (
            Some(grace()),
            none().application(["create_space", "administer"]),
            "permission/denied",
        ),
        (
            None,
            none().application(["create_space"]),
            "permission/denied",
        ),
        (Some(ada()), none(), "permission/nothing-asked"),
    ] {
        let result = client.check_confluence(user.as_ref(), &asked, &home).await;
        assert_eq!(code(result), expected, "{user:?} {asked:?}");
    }
    let read = none().content(["read"]);
    let nowhere = ConfluencePlace::default();
    let result = client.check_confluence(Some(&ada()), &read, &nowhere).await;
    assert_eq!(code(result), "permission/no-place");
    let missing = ConfluencePlace::content("404").unwrap();
    let result = client.check_confluence(Some(&ada()), &read, &missing).await;
    assert_eq!(code(result), "permission/unknown");
}

fn routes(_: &ConnectApp) -> Routes {
    async fn page(_: HostRequest) -> &'static str {
        "settings"
    }
    async fn of_script(_: ContextRequest) -> &'static str {
        "settings"
    }
    let asked = || JiraPermissions::new().project(["BROWSE_PROJECTS", "ADMINISTER_PROJECTS"]);
    let pages = Routes::new()
        .get("/settings", page)
        .layer(RequirePermissions::<HostRequest>::jira(asked()));
    let scripts = Routes::new()
        .get("/api/settings", of_script)
        .layer(RequirePermissions::<ContextRequest>::jira(asked()));
    pages.merge(scripts).get("/open", page)
}

/// A token of the host for a user in a place.
fn token(tenant: &Tenant, path: Option<&str>, user: Option<&AccountId>, context: &Value) -> String {
    let now = connect_runtime::core::Clock::now(&connect_runtime::SystemClock).unix();
    let qsh = match path {
        Some(target) => {
            let line = RequestLine {
                method: "GET",
                target,
                form: None,
            };
            Qsh::sign(&line, "").unwrap().as_str().to_owned()
        }
        None => CONTEXT_QSH.to_owned(),
    };
    let mut claims = json!({
        "iss": tenant.client_key.as_str(), "iat": now, "exp": now + 60, "qsh": qsh,
        "context": context,
    });
    if let Some(user) = user {
        claims["sub"] = user.as_str().into();
    }
    jws::sign_hs256(claims.to_string().as_bytes(), tenant.signing_key().unwrap())
}

#[tokio::test]
async fn the_layer_lets_through_who_has_all_of_it() {
    let world = World::start(routes).await;
    let tenant = world.install(Product::Jira).await;
    let client = world.app.client(&tenant);
    let open = async |path: &str, token: &str| {
        let url = format!("{}{path}?jwt={token}", world.url);
        match client.foreign(Method::GET, &url).send().await {
            Ok(answer) => answer.status().as_u16(),
            Err(error) => error.status().unwrap().as_u16(),
        }
    };
    let here = json!({"jira": {"project": {"id": "10000", "key": "DEMO"}}});
    let odd = json!({"jira": {"project": {"id": "10000 OR 1"}}});
    for (user, context, expected) in [
        (Some(ada()), &here, 200),
        (Some(grace()), &here, 403),
        (None, &here, 403),
        (Some(ada()), &json!({}), 403),
        (Some(ada()), &odd, 403),
    ] {
        let page = token(&tenant, Some("/settings"), user.as_ref(), context);
        assert_eq!(
            open("/settings", &page).await,
            expected,
            "{user:?} {context}"
        );
        let script = token(&tenant, None, user.as_ref(), context);
        assert_eq!(
            open("/api/settings", &script).await,
            expected,
            "{user:?} {context}"
        );
        // What is not behind the layer is not asked about.
        let page = token(&tenant, Some("/open"), user.as_ref(), context);
        assert_eq!(open("/open", &page).await, 200);
    }
    let other = token(&tenant, Some("/open"), Some(&ada()), &here);
    assert_eq!(open("/settings", &other).await, 401);

    // A product that cannot be asked lets nobody through.
    world
        .sandbox
        .faults()
        .order_always("answer:rest=500".parse().unwrap());
    let page = token(&tenant, Some("/settings"), Some(&ada()), &here);
    assert_eq!(open("/settings", &page).await, 503);
}
