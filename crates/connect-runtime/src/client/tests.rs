use connect_core::BaseUrl;

use super::{response::host_message, url::resolve};

fn url(base_url: &str, path: &str, query: &[(&str, &str)]) -> Option<String> {
    let query: Vec<(String, String)> = query
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    resolve(&BaseUrl::parse(base_url).unwrap(), path, &query).map(String::from)
}

#[test]
fn paths_are_below_the_base_url() {
    let jira = "https://acme.atlassian.net";
    let wiki = "https://acme.atlassian.net/wiki";
    let check = |base, path, expected: &str| {
        assert_eq!(url(base, path, &[]).as_deref(), Some(expected), "{path}");
    };
    check(
        jira,
        "/rest/api/3/myself",
        "https://acme.atlassian.net/rest/api/3/myself",
    );
    check(
        jira,
        "rest/api/3/myself",
        "https://acme.atlassian.net/rest/api/3/myself",
    );
    check(
        wiki,
        "/rest/api/space",
        "https://acme.atlassian.net/wiki/rest/api/space",
    );
    check(
        wiki,
        "/wiki/rest/api/space",
        "https://acme.atlassian.net/wiki/rest/api/space",
    );
    check(
        wiki,
        "/wikipedia",
        "https://acme.atlassian.net/wiki/wikipedia",
    );
    check(
        jira,
        "https://ACME.atlassian.net/x?a=1#f",
        "https://acme.atlassian.net/x?a=1",
    );
}

#[test]
fn parameters_are_added_to_what_is_there() {
    assert_eq!(
        url(
            "https://a.example",
            "/x?jql=a%20b",
            &[("jql", "c d"), ("é", "&")]
        )
        .unwrap(),
        "https://a.example/x?jql=a%20b&jql=c+d&%C3%A9=%26"
    );
}

#[test]
fn nothing_is_sent_elsewhere() {
    for path in [
        "https://evil.example/x",
        "http://acme.atlassian.net/wiki/x",
        "https://acme.atlassian.net:8443/wiki/x",
        "https://acme.atlassian.net.evil.example/wiki/x",
        "https://user@acme.atlassian.net/wiki/x",
        "https://acme.atlassian.net/rest/api/3/myself",
        "/../rest/api/3/myself",
        "/x/../../admin",
        "javascript://x",
    ] {
        assert_eq!(
            url("https://acme.atlassian.net/wiki", path, &[]),
            None,
            "{path}"
        );
    }
}

#[test]
fn the_hosts_own_message_is_found() {
    let message = |body: &str| host_message(body.as_bytes());
    assert_eq!(
        message(r#"{"errorMessages":["no such issue"],"errors":{"summary":"too long"}}"#).unwrap(),
        "no such issue; summary: too long"
    );
    assert_eq!(
        message(r#"{"statusCode":404,"message":"no such page"}"#).unwrap(),
        "no such page"
    );
    assert_eq!(message("<html>"), None);
    assert_eq!(message("{}"), None);
}
