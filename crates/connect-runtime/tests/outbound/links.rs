//! Signed links, for what has no iframe.

use connect_runtime::{
    ConnectApp, HandlerError, HostRequest, LinkRequest, Routes, SessionRequest,
    core::{Product, TokenError, time::Seconds},
    http::Method,
};

use crate::world::{World, ada};

fn routes(_: &ConnectApp) -> Routes {
    async fn macro_body(request: HostRequest) -> Result<String, HandlerError> {
        Ok(request.signed_link("/chart.svg?size=big&name=a%20b", Seconds(300))?)
    }
    async fn chart(request: LinkRequest) -> String {
        request
            .account_id()
            .map_or_else(String::new, |id| id.to_string())
    }
    async fn session(_: SessionRequest) -> &'static str {
        "session"
    }
    Routes::new()
        .get("/macro", macro_body)
        .get("/chart.svg", chart)
        .get("/session", session)
}

#[tokio::test]
async fn a_signed_link_opens_its_page_and_no_other() {
    let world = World::start(routes).await;
    let tenant = world.install(Product::Jira).await;
    let client = world.app.client(&tenant);
    let open = async |url: &str| {
        let answer = client.foreign(Method::GET, url).send().await;
        match answer {
            Ok(answer) => Ok(String::from_utf8(answer.bytes().await.unwrap()).unwrap()),
            Err(error) => Err(error.status().unwrap().as_u16()),
        }
    };
    let link = open(&world.page_url(&tenant, "/macro")).await.unwrap();
    assert!(link.starts_with(&format!("{}/chart.svg?size=big", world.url)));
    assert_eq!(open(&link).await.as_deref(), Ok(""));
    let of_ada = world.app.signed_link(
        &tenant,
        Some(&ada()),
        "/chart.svg?size=big&name=a%20b",
        Seconds(300),
    );
    let of_ada = of_ada.unwrap();
    assert_eq!(open(&of_ada).await.as_deref(), Ok("712020:ada"));

    for other in [
        link.replace("size=big", "size=small"),
        link.replace("&jwt=", "&more=1&jwt="),
        link.replace("/chart.svg", "/session"),
        link.split("&jwt=").next().unwrap().to_owned(),
        world.page_url(&tenant, "/chart.svg?size=big&name=a%20b"),
    ] {
        assert_eq!(open(&other).await, Err(401), "{other}");
    }
    for life in [0, -1, 24 * 60 * 60 + 1] {
        let refused = world.app.signed_link(&tenant, None, "/x", Seconds(life));
        assert_eq!(refused.unwrap_err(), TokenError::Lifetime);
    }
}
