//! What `docker build` and `docker compose` would find in a new app. Neither is needed: the files
//! are read, and every path and name in them is held against the app.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::env::TestEnv;

/// An app, and every path below it.
struct App {
    env: TestEnv,
    template: String,
    store: &'static str,
    paths: BTreeSet<String>,
}

/// Every template with every store, for its first product.
fn apps() -> Vec<App> {
    let output = TestEnv::new()
        .connect(&["new", "--list", "--json"])
        .assert();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let mut apps = Vec::new();
    for line in text.lines() {
        let listed: Value = serde_json::from_str(line).unwrap();
        let template = listed["name"].as_str().unwrap();
        for store in ["postgres", "mysql", "sqlite"] {
            let env = TestEnv::new();
            #[rustfmt::skip]
            let arguments = [
                "new", "my-app", "--template", template, "--store", store, "--yes",
                "--vcs", "none", "--path", ".", "--runtime", "registry",
            ];
            env.connect(&arguments).assert().success();
            let mut paths = BTreeSet::new();
            walk(&env.folder(), "", &mut paths);
            apps.push(App {
                env,
                template: template.to_owned(),
                store,
                paths,
            });
        }
    }
    assert!(apps.len() > 20);
    apps
}

fn walk(folder: &Path, before: &str, paths: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{before}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), paths);
        }
        paths.insert(path);
    }
}

/// The instructions of a Dockerfile, lines that go on joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    let own = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    own.map(|line| {
        let (word, rest) = line.split_once(' ').unwrap();
        (word.to_owned(), rest.trim().to_owned())
    })
    .collect()
}

/// Whether `.dockerignore` keeps a path from the build.
fn ignored(rules: &str, path: &str) -> bool {
    rules.lines().any(|rule| {
        let rule = rule.trim_end_matches('/');
        path == rule
            || path
                .strip_prefix(rule)
                .is_some_and(|rest| rest.starts_with('/'))
    })
}

#[test]
fn the_image_is_built_of_what_the_app_has_and_runs_what_it_needs() {
    for app in apps() {
        let said = format!("{} with {}", app.template, app.store);
        let lines = instructions(&app.env.read("Dockerfile"));
        let all = |word: &str| -> Vec<&str> {
            let found = lines.iter().filter(|(found, _)| found == word);
            found.map(|(_, rest)| rest.as_str()).collect()
        };
        // What is secret, or another machine's, does not come in; what is built does.
        let rules = app.env.read(".dockerignore");
        for (path, expected) in [
            ("credentials.json", true),
            (".env", true),
            ("data/development.db", true),
            (".git/HEAD", true),
            ("target/debug/my-app", true),
            ("rust-toolchain.toml", true),
            ("Cargo.toml", false),
            ("Cargo.lock", false),
            ("src/main.rs", false),
            ("vendor/Cargo.toml", false),
            ("config.json", false),
        ] {
            assert_eq!(ignored(&rules, path), expected, "{said}: {path}");
        }

        assert_eq!(all("FROM").len(), 2, "{said}");
        let manifest = app.env.read("Cargo.toml");
        assert!(manifest.contains("name = \"my-app\""), "{said}");
        let build = all("RUN")[0];
        assert!(
            build.starts_with("cargo build --locked --release"),
            "{said}: {build}"
        );
        let feature = build.split("--features ").nth(1);
        assert_eq!(
            feature,
            (app.store != "sqlite").then_some(app.store),
            "{said}"
        );
        if let Some(feature) = feature {
            assert!(manifest.contains(&format!("\n{feature} = [")), "{said}");
        }

        let mut copied = Vec::new();
        for copy in all("COPY")
            .into_iter()
            .filter_map(|copy| copy.strip_prefix("--from=build "))
        {
            let (from, to) = copy.split_once(' ').unwrap();
            let from = from.strip_prefix("/app/").unwrap();
            match from {
                "target/release/my-app" => assert_eq!(to, "/usr/local/bin/app", "{said}"),
                "*.json" => {
                    let files = app
                        .paths
                        .iter()
                        .filter(|path| path.ends_with(".json") && !path.contains('/'));
                    copied.extend(files.cloned());
                }
                path => {
                    assert!(app.paths.contains(path), "{said}: no {path}");
                    copied.push(path.to_owned());
                }
            }
        }
        // What the program opens when it starts.
        let mut needed = vec!["config.json"];
        if app.paths.contains("atlassian-connect.json") {
            needed.extend(["atlassian-connect.json", "views"]);
        }
        for path in needed {
            assert!(
                copied.iter().any(|copied| copied == path),
                "{said}: {path} is missing"
            );
        }
        assert!(
            !copied.iter().any(|path| path == "credentials.json"),
            "{said}"
        );

        // Not root, a folder it may write to, a health check where the runtime answers.
        assert_eq!(all("USER"), ["app"], "{said}");
        assert!(
            all("RUN")[1].contains("useradd --system --uid 10001 app"),
            "{said}"
        );
        assert!(all("RUN")[1].contains("--owner app /app/data"), "{said}");
        let health = all("HEALTHCHECK")[0];
        assert!(
            health.contains("http://127.0.0.1:$PORT/healthz"),
            "{said}: {health}"
        );
        assert_eq!(all("EXPOSE"), ["8080"], "{said}");
        assert!(all("ENV")[0].contains("PORT=8080"), "{said}");
        assert!(
            all("RUN")[1].contains(" curl "),
            "{said}: the health check calls it"
        );
        assert_eq!(all("CMD"), ["[\"app\"]"], "{said}");
    }
}

#[test]
fn compose_gives_the_app_the_store_that_its_settings_name() {
    for app in apps() {
        let said = format!("{} with {}", app.template, app.store);
        let compose = app.env.read("compose.yaml");
        let has = |text: &str| compose.contains(text);
        assert!(
            has("    build: .\n") && has("\"127.0.0.1:8080:8080\""),
            "{said}"
        );
        let (scheme, image) = match app.store {
            "postgres" => ("postgres", "postgres:"),
            "mysql" => ("mysql", "mariadb:"),
            _ => {
                assert!(has("- data:/app/data\n") && !has("DATABASE_URL"), "{said}");
                assert!(app.env.read("config.json").contains("data/production.db"));
                continue;
            }
        };
        assert!(
            has(&format!("DATABASE_URL: {scheme}://app:app@database/app")),
            "{said}"
        );
        assert!(has(&format!("    image: {image}")), "{said}");
        assert!(
            has("condition: service_healthy") && has("healthcheck:"),
            "{said}"
        );
        let settings = app.env.read("config.json");
        assert!(settings.contains("\"$DATABASE_URL\""), "{said}");
        // The same program without a container.
        assert!(app.env.read("Procfile").starts_with("web: "), "{said}");
    }
}
