//! Every template for every product, as an app that is really built: slow, so only with
//! `CONNECT_SLOW_TESTS=1`. All of them are built against one copy of what new apps vendor, in one
//! target folder (`CONNECT_APP_TARGET_DIR`), so that a dependency compiles once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use snapbox::cmd::Command;

use crate::first_light::{self, BUILD};
use crate::support::env::TestEnv;
use crate::support::host::exchange;
use crate::support::session::Session;
use crate::support::setting;

/// Crates that a debug build of the page template may compile: more is a decision.
const MOST_CRATES: usize = 190;

/// A template and a product it is made for.
struct App {
    template: String,
    product: String,
}

impl App {
    fn name(&self) -> String {
        format!("{}-{}", self.template, self.product)
    }

    /// Descriptors and manifests, as arguments of `connect validate`.
    fn checked(&self, env: &TestEnv) -> Vec<Vec<String>> {
        let mut all = vec![vec![]];
        let other = "atlassian-connect.confluence.json".to_owned();
        if env.path(&self.name()).join(&other).is_file() {
            all.push(vec!["descriptor".to_owned(), other]);
        }
        all
    }
}

#[test]
fn every_template_is_an_app_that_holds_for_every_product() {
    if setting("CONNECT_SLOW_TESTS").is_none() {
        eprintln!("not run: it builds every template; set CONNECT_SLOW_TESTS=1");
        return;
    }
    let env = first_light::env();
    // A test that is asked for one template is for whoever writes it.
    let wanted = setting("CONNECT_TEMPLATE").unwrap_or_default();
    let apps: Vec<_> = apps(&env)
        .into_iter()
        .filter(|app| app.name().starts_with(&wanted))
        .collect();
    assert!(!apps.is_empty(), "no template begins with `{wanted}`");
    vendor_once(&env);
    let mut seen = BTreeSet::new();
    for app in &apps {
        let began = Instant::now();
        scaffold(&env, app);
        hold(&env, app);
        if env
            .path(&app.name())
            .join("atlassian-connect.json")
            .is_file()
        {
            // Once a template, for the time it takes to build.
            if seen.insert(&app.template) {
                add_modules(&env, app);
                hold(&env, app);
            }
            run(&env, app);
        }
        eprintln!("{}: {:.0} s", app.name(), began.elapsed().as_secs_f32());
    }
}

#[test]
fn the_first_build_of_the_page_template_stays_slim() {
    if setting("CONNECT_SLOW_TESTS").is_none() {
        eprintln!("not run: it builds an app from nothing; set CONNECT_SLOW_TESTS=1");
        return;
    }
    let env = first_light::env().with("CARGO_TARGET_DIR", "target");
    let app = App {
        template: "page".to_owned(),
        product: "jira".to_owned(),
    };
    #[rustfmt::skip]
    let arguments = ["new", &app.name(), "--template", "page", "--yes", "--vcs", "none"];
    env.connect(&arguments).assert().success();
    let crates = count_crates(&env, &app);
    // `times` of the shell prints user and system time of itself, and below it of its children.
    let output = Command::new("sh")
        .args(["-c", "\"$CARGO\" build --locked --quiet && times"])
        .current_dir(env.path(&app.name()))
        .env_clear()
        .envs(env.variables())
        .timeout(BUILD)
        .assert()
        .success();
    let text = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let children = text.lines().nth(1).unwrap();
    let seconds: f64 = children
        .split_whitespace()
        .map(|time| {
            let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
            60.0 * minutes.parse::<f64>().unwrap() + seconds.parse::<f64>().unwrap()
        })
        .sum();
    eprintln!("a cold debug build of the page template: {crates} crates, {seconds:.0} CPU seconds");
    assert!(crates <= MOST_CRATES, "{crates} crates");
    assert!(seconds > 1.0, "it was not built: {text}");
}

/// What the app's own CI workflow does, and `connect validate`.
fn hold(env: &TestEnv, app: &App) {
    cargo(env, app, &["fmt", "--check"]);
    cargo(
        env,
        app,
        &[
            "clippy",
            "--locked",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    );
    cargo(env, app, &["test", "--locked", "--quiet"]);
    for files in app.checked(env) {
        let folder = app.name();
        let mut arguments = vec!["-C", folder.as_str(), "validate", "--strict"];
        arguments.extend(files.iter().map(String::as_str));
        env.connect(&arguments).assert().success();
    }
}

/// One module of each family, with `connect add`.
fn add_modules(env: &TestEnv, app: &App) {
    let folder = app.name();
    let types: &[&str] = match app.product.as_str() {
        "confluence" => &[
            "blueprints",
            "contentBylineItems",
            "customContent",
            "spaceToolsTabs",
            "staticContentMacros",
        ],
        _ => &[
            "jiraBackgroundScripts",
            "jiraEntityProperties",
            "jiraIssueGlances",
            "jiraJqlFunctions",
            "jiraProjectPages",
            "jiraWorkflowPostFunctions",
        ],
    };
    let event = match app.product.as_str() {
        "confluence" => "comment_created",
        _ => "jira:issue_deleted",
    };
    let mut all: Vec<Vec<&str>> = types.iter().map(|kind| vec![*kind]).collect();
    all.push(vec!["webhooks", "--event", event]);
    if app.product == "both" {
        all.push(vec!["spaceToolsTabs"]);
    }
    for arguments in all {
        let mut line = vec!["-C", &folder, "add", "module"];
        line.extend(arguments);
        env.connect(&line).assert().success();
    }
}

/// Every template and product, as `connect new --list` tells them.
fn apps(env: &TestEnv) -> Vec<App> {
    let output = env.connect(&["new", "--list", "--json"]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let templates = text
        .lines()
        .map(|line| -> Value { serde_json::from_str(line).unwrap() });
    let of_one = |template: Value| {
        let products = template["products"].as_array().unwrap().clone();
        products.into_iter().map(move |product| App {
            template: template["name"].as_str().unwrap().to_owned(),
            product: product.as_str().unwrap().to_owned(),
        })
    };
    templates.flat_map(of_one).collect()
}

/// What a new app vendors, for all of them to share.
fn vendor_once(env: &TestEnv) {
    let arguments = ["new", "first", "--yes", "--vcs", "none"];
    env.connect(&arguments).assert().success();
    std::fs::rename(env.path("first/vendor"), env.path("vendor")).unwrap();
}

fn scaffold(env: &TestEnv, app: &App) {
    let vendor = format!("path={}", env.path("vendor").display());
    #[rustfmt::skip]
    let arguments = [
        "new", &app.name(), "--template", &app.template, "--product", &app.product,
        "--key", "com.acme.ring", "--runtime", &vendor, "--vcs", "none", "--yes",
    ];
    env.connect(&arguments).assert().success();
}

fn cargo(env: &TestEnv, app: &App, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(env.path(&app.name()))
        .env_clear()
        .envs(env.variables())
        .stdin("")
        .timeout(BUILD)
        .assert()
        .success();
    String::from_utf8_lossy(&output.get_output().stdout).into_owned()
}

/// How much a first build compiles.
fn count_crates(env: &TestEnv, app: &App) -> usize {
    #[rustfmt::skip]
    let arguments = ["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(env, app, &arguments);
    let crates: BTreeSet<_> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    crates.len()
}

/// The development loop, for an app that Connect knows: installs the app in the sandbox; then its page is opened, a view changed,
/// and the app attacked.
fn run(env: &TestEnv, app: &App) {
    let folder = app.name();
    let mut session = Session::command(env, &["-C", &folder, "dev", "--json"]);
    let ready = session.wait_within(BUILD, "ready", |event| event["event"] == "ready");
    let own = ready["app"].as_str().unwrap();
    let (head, _) = exchange("GET", &format!("{own}/healthz"));
    assert!(head.starts_with("HTTP/1.1 200"), "{folder}: {head}");
    if let Some(page) = ready["url"].as_str().filter(|url| url.contains("/ac/")) {
        let open = || {
            let (head, page) = exchange("GET", page);
            assert!(head.starts_with("HTTP/1.1 200"), "{folder}: {head}");
            let address = first_light::iframe(&page);
            let (head, content) = exchange("GET", &address);
            assert!(
                head.starts_with("HTTP/1.1 200"),
                "{folder}: {head}\n{content}"
            );
            content
        };
        assert!(!open().contains("changed by the test"), "{folder}");
        append_to_views(&env.path(&folder).join("views"));
        assert!(open().contains("changed by the test"), "{folder}");
    }
    // The page of its other half, and nothing of it stays either.
    assert_eq!(ready["also"].is_array(), app.product == "both", "{folder}");
    for place in ready["also"].as_array().into_iter().flatten() {
        let (head, page) = exchange("GET", place["url"].as_str().unwrap());
        assert!(head.starts_with("HTTP/1.1 200"), "{folder}: {head}");
        let (head, content) = exchange("GET", &first_light::iframe(&page));
        assert!(
            head.starts_with("HTTP/1.1 200"),
            "{folder}: {head}\n{content}"
        );
    }
    // Everything else of it that people look at: panels, macros, dialogs.
    let listed = env.connect(&["-C", &folder, "trigger", "--list", "--json"]);
    let listed = listed.assert().success();
    let listed = String::from_utf8_lossy(&listed.get_output().stdout).into_owned();
    let shots = listed
        .lines()
        .map(|line| -> Value { serde_json::from_str(line).unwrap() });
    let mut opened = 0;
    for name in shots.filter_map(|shot| shot["name"].as_str().map(str::to_owned)) {
        // The product asks these by POST.
        if !name.starts_with("iframe:") || name == "iframe:jql-function" {
            continue;
        }
        #[rustfmt::skip]
        let arguments = ["-C", &folder, "trigger", &name, "--user", "712020:ada", "--json"];
        let sent = env.connect(&arguments);
        let sent = sent.assert().success();
        let sent: Value = serde_json::from_slice(&sent.get_output().stdout).unwrap();
        assert_eq!(sent["status"], 200, "{folder}: {name}: {sent}");
        opened += 1;
    }
    assert!(opened > 0, "{folder}: {listed}");
    // Nobody gets in, and the app scores in full.
    let product = match app.product.as_str() {
        "confluence" => "confluence",
        _ => "jira",
    };
    #[rustfmt::skip]
    let tested = [
        "-C", &folder, "sandbox", "test", own, "--product", product, "--strict", "--json",
    ];
    let tested = env.connect(&tested).assert().success();
    let lines = String::from_utf8_lossy(&tested.get_output().stdout).into_owned();
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["failed"], 0, "{folder}: {lines}");
    assert!(last["passed"].as_u64() > Some(100), "{folder}: {last}");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{folder}: {}", ended.stderr);
    let halves = 1 + usize::from(app.product == "both");
    assert_eq!(ended.count("host.deregistered"), halves, "{folder}");
}

fn append_to_views(folder: &Path) {
    for view in std::fs::read_dir(folder).unwrap() {
        let path = view.unwrap().path();
        if path.file_name().unwrap() != "layout.hbs" {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{text}<p>changed by the test</p>\n")).unwrap();
        }
    }
}
