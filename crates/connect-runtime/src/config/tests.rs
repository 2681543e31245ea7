use connect_core::Secret;

use super::*;

fn parse(text: &str, env: &Env) -> Result<Config, InvalidConfig> {
    Config::parse(Path::new("/app"), text, env)
}

fn findings(text: &str, env: &Env) -> Vec<String> {
    let error = parse(text, env).unwrap_err();
    error.findings.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = parse("", &Env::default()).unwrap();
    assert_eq!(config.environment, "development");
    assert_eq!(config.port, 3000);
    assert_eq!(config.local_base_url.as_str(), "http://localhost:3000");
    assert_eq!(config.token_life, Seconds(180));
    assert_eq!(config.max_token_age, Seconds(900));
    assert_eq!(config.address, "127.0.0.1");
    assert_eq!(config.store, StoreSettings::sqlite("/app/data/connect.db"));
    assert_eq!(config.key_hosts, KeyHosts::Production);
}

#[test]
fn the_environment_comes_before_the_section_before_the_top() {
    let text = r#"{"port": 1, "development": {"port": 2}, "production": {"port": 3}}"#;
    let port = |env| parse(text, &env).unwrap().port;
    assert_eq!(port(Env::default()), 2);
    assert_eq!(port(Env::of([("NODE_ENV", "production")])), 3);
    assert_eq!(port(Env::of([("NODE_ENV", "staging")])), 2);
    assert_eq!(
        port(Env::of([("NODE_ENV", "production"), ("PORT", "4")])),
        4
    );
}

#[test]
fn the_file_of_the_ace_template_is_read() {
    let text = r#"{
        // the product
        "product": "jira",
        "development": {
            "port": 3000,
            "errorTemplate": true,
            "store": { "adapter": "sequelize", "dialect": "sqlite3", "logging": false, "type": "memory" }
        },
        "production": {
            "port": "$PORT",
            "localBaseUrl": "https://your-production-url.com:$port",
            "store": { "adapter": "sequelize", "dialect": "sqlite", "storage": "store.db" },
            "whitelist": ["*.jira-dev.com", "*.atlassian.net"],
        }
    }"#;
    assert_eq!(
        parse(text, &Env::default()).unwrap().store,
        StoreSettings::Memory
    );
    let production = parse(
        text,
        &Env::of([("NODE_ENV", "production"), ("PORT", "8080")]),
    )
    .unwrap();
    assert_eq!(
        production.local_base_url.as_str(),
        "https://your-production-url.com:8080"
    );
    assert_eq!(production.store, StoreSettings::sqlite("/app/store.db"));
    assert!(
        production
            .allowed_hosts
            .allows(&BaseUrl::parse("https://a.jira-dev.com").unwrap())
    );
    assert_eq!(production.address, "0.0.0.0");
}

#[test]
fn every_mistake_is_found_at_once_with_its_line_and_key() {
    let text = "{\n  \"localBaseUrl\": \"$NOWHERE\",\n  \"port\": \"many\",\n  \"whitelist\": [\n    \"*.atlassian.net\",\n    \"\"\n  ]\n}";
    assert_eq!(
        findings(
            text,
            &Env::of([("CONNECT_KEYS_CDN_URL", "http://keys.example")])
        ),
        [
            "config.json:3: `port` must be a number from 0 to 65535",
            "config.json:2: `localBaseUrl` names the variable `NOWHERE`, which is not set",
            "config.json:2: `localBaseUrl` base URL is empty",
            "CONNECT_KEYS_CDN_URL: key server `http://keys.example` is neither https nor on this machine",
            "config.json:6: `whitelist.1` host pattern `` is empty",
        ]
    );
}

#[test]
fn a_trailing_comma_in_the_host_list_is_a_mistake_and_not_every_host() {
    let env = Env::of([("AC_HOST_WHITELIST", "*.atlassian.net,")]);
    assert_eq!(
        findings("", &env),
        ["AC_HOST_WHITELIST: host pattern `` is empty"]
    );
}

#[test]
fn sites_on_this_machine_install_in_development_only() {
    let site = BaseUrl::parse("http://127.0.0.1:3099/jira").unwrap();
    let allows = |env| parse("", &env).unwrap().allowed_hosts.allows(&site);
    assert!(allows(Env::default()));
    assert!(!allows(Env::of([("NODE_ENV", "production")])));
    assert!(!allows(Env::of([("NODE_ENV", "staging")])));
}

#[test]
fn the_environment_is_not_printed() {
    let env = Env::of([("DB_URL", "postgres://user:hunter2@host")]);
    assert!(!format!("{env:?}").contains("hunter2"));
}

#[test]
fn no_auth_is_for_development() {
    let options = |environment, options| {
        let env = Env::of([("NODE_ENV", environment), ("AC_OPTS", options)]);
        parse("", &env).map(|config| config.options.no_auth)
    };
    assert!(options("development", "no-reg, no-auth").unwrap());
    for near in ["force-reg,no-reg", "force-dereg", ""] {
        assert!(!options("development", near).unwrap(), "{near}");
    }
    for environment in ["production", "staging", "Development"] {
        assert!(options(environment, "no-auth").is_err(), "{environment}");
    }
    assert!(options("development", "x-no-authx").is_err());
}

#[test]
fn the_cloud_is_chosen_by_the_configuration() {
    let hosts = |text| parse(text, &Env::default()).map(|config| config.key_hosts);
    assert_eq!(hosts(r#"{"cloud": "staging"}"#).unwrap(), KeyHosts::Staging);
    assert!(hosts(r#"{"cloud": "mine"}"#).is_err());
}

#[test]
fn the_store_may_be_a_server_named_by_the_file_or_the_environment() {
    let url = |text: &str, env: Env| match parse(text, &env).unwrap().store {
        StoreSettings::Server(server) => server.url.expose().to_owned(),
        other => panic!("{other:?}"),
    };
    let file = r#"{"store": {"url": "postgres://$DB_HOST/app"}}"#;
    let host = Env::of([("DB_HOST", "db.example")]);
    assert_eq!(url(file, host), "postgres://db.example/app");
    let both = Env::of([("DB_HOST", "a"), ("DATABASE_URL", "mysql://b/app")]);
    assert_eq!(url(file, both), "mysql://b/app");
    let alone = Env::of([("DATABASE_URL", "redis://c")]);
    assert_eq!(url("", alone), "redis://c");
}

#[test]
fn a_store_that_makes_no_sense_is_named_with_its_line_and_no_value() {
    let text = "{\n  \"store\": {\n    \"url\": \"oracle://u:hunter2@h\"\n  }\n}";
    assert_eq!(
        findings(text, &Env::default()),
        ["config.json:3: `store.url` the URL names a kind of database that cannot be used here"]
    );
    let missing = r#"{"store": {"dialect": "postgres"}}"#;
    let found = findings(missing, &Env::default());
    assert!(
        found[0].starts_with("config.json:1: `store` has a `url` that is missing"),
        "{found:?}"
    );
    let variable = Env::of([("DATABASE_URL", "hunter2")]);
    let found = findings("", &variable);
    assert!(found[0].contains("DATABASE_URL"), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn keys_of_the_store_come_from_the_environment_and_are_shown_nowhere() {
    let keys = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let config = parse("", &Env::of([("CONNECT_STORE_KEYS", keys)])).unwrap();
    let given = Some(StoreKeys::Given(Secret::new(keys)));
    assert_eq!(config.store_keys, given);
    assert!(!format!("{config:?}").contains("MDEy"));
    let found = findings("", &Env::of([("CONNECT_STORE_KEYS", "one:hunter2")]));
    assert!(found[0].contains("CONNECT_STORE_KEYS"), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn a_command_for_the_keys_of_the_store_is_named_in_the_file_and_a_key_is_not() {
    let file = r#"{"store": {"keys": {"command": ["vault", "read", "$PLACE"]}}}"#;
    let config = parse(file, &Env::of([("PLACE", "here")])).unwrap();
    let expected = StoreKeys::Command {
        words: ["vault", "read", "here"].map(str::to_owned).to_vec(),
        folder: config.folder.clone(),
    };
    assert_eq!(config.store_keys, Some(expected));
    let keys = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    let both = Env::of([("PLACE", "here"), ("CONNECT_STORE_KEYS", keys)]);
    let given = Some(StoreKeys::Given(Secret::new(keys)));
    assert_eq!(parse(file, &both).unwrap().store_keys, given);
    let found = findings(
        "{\"store\": {\n\"keys\": \"one:hunter2\"}}",
        &Env::default(),
    );
    assert!(
        found[0].starts_with("config.json:2: `store.keys` must be"),
        "{found:?}"
    );
    assert!(!found[0].contains("hunter2"), "{found:?}");
}
