//! `connect add module`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
#[cfg(unix)]
use crate::support::terminal::press;

/// An app as `connect new` makes it.
fn app() -> TestEnv {
    let env = TestEnv::new();
    #[rustfmt::skip]
    let arguments = [
        "new", "hello", "--yes", "--vcs", "none", "--runtime", "registry", "--path", ".",
    ];
    env.connect(&arguments).assert().success();
    env
}

/// Every file of a folder with its text.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.insert(path.display().to_string(), text);
        }
    }
    found
}

#[test]
fn a_module_is_entry_route_view_and_test() {
    let env = app();
    let before = files(&env.folder());
    #[rustfmt::skip]
    let arguments = ["add", "module", "jiraIssueContexts", "--name", "Sprint report", "--json"];
    let output = env
        .connect(&arguments)
        .assert()
        .success()
        .stderr_eq("       Added jiraIssueContexts `sprint-report` to atlassian-connect.json\n     Created src/app/sprint_report.rs, src/tests/sprint_report.rs, views/sprint-report.hbs\n     Changed src/app.rs, src/tests/mod.rs\n");
    let added: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(added["event"], "added");
    assert_eq!(added["name"], "sprint-report");
    assert_eq!(added["product"], "jira");
    assert_eq!(added["written"], true);
    assert_eq!(added["files"].as_array().unwrap().len(), 6);
    let after = files(&env.folder());
    assert_eq!(after.len(), before.len() + 3, "{:?}", after.keys());
    let route = ".get(\"/sprint-report\", sprint_report::view)";
    assert!(env.read("src/app.rs").contains(route));
    assert!(
        env.read("views/sprint-report.hbs")
            .contains("<h1>Sprint report</h1>")
    );
    env.connect(&["validate", "--strict"]).assert().success();
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    let env = app();
    let before = files(&env.folder());
    let output = env.connect(&["add", "module", "webhooks", "--dry-run"]);
    let output = output.assert().success().stderr_eq("");
    let shown = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    for line in [
        "--- atlassian-connect.json\n+++ atlassian-connect.json (with the module)\n",
        "+        \"event\": \"jira:issue_updated\",\n",
        "+++ src/app/issue_updated.rs (new)\n",
        "-    builder\n+    issue_updated::setup(builder)\n",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let told = env.connect(&["add", "module", "webhooks", "--dry-run", "--json"]);
    let told = told.assert().success();
    let told: Value = serde_json::from_slice(&told.get_output().stdout).unwrap();
    assert_eq!(told["written"], false);
    assert_eq!(files(&env.folder()), before);
}

#[test]
fn what_is_refused_changes_nothing() {
    let env = app();
    let before = files(&env.folder());
    #[rustfmt::skip]
    let cases: [(&[&str], i32, &str); 8] = [
        (&["generalPages", "--key", "hello"], 1, "error[add/taken]: a module with the key `hello` is there already\nhint: choose another one with `--key`\n"),
        (&["generalPages", "--key", "a b"], 1, "error[add/bad-answer]: `a b` cannot be the module's key\nhint: expected letters, digits and `-`, a letter first, 60 at most, and no word of Rust\n"),
        (&["generalPages", "--location", "system.top.navigation.baz"], 1, "error[add/descriptor]: `atlassian-connect.json` would not hold\ncaused by: `system.top.navigation.baz` is not a location [module/unknown-location]\nhint: choose another answer; nothing was written\n"),
        (&["customContent"], 1, "error[add/other-product]: Jira has no `customContent`\nhint: connect add module --list --product jira\nhint: an app for both products has `atlassian-connect.confluence.json` too\n"),
        (&["generalPage"], 2, "error: invalid value 'generalPage' for '[TYPE]': did you mean `generalPages`? `connect add module --list` shows all types\n\nFor more information, try '--help'.\n"),
        (&["repoPages"], 2, "error: invalid value 'repoPages' for '[TYPE]': [..]`connect add module --list` shows all types\n\nFor more information, try '--help'.\n"),
        (&[], 2, "error[cli/missing-answer]: cannot ask without a terminal: TYPE\nhint: connect add module --list\n"),
        (&["generalPages", "--product", "confluence", "--location", "system.top.navigation.bar2"], 1, "error[add/descriptor][..]\n..."),
    ];
    for (arguments, code, stderr) in cases {
        let all = [&["add", "module"], arguments].concat();
        env.connect(&all).assert().code(code).stderr_eq(stderr);
        assert_eq!(files(&env.folder()), before, "{arguments:?}");
    }
}

#[test]
fn code_that_is_not_recognised_is_left_alone_with_its_descriptor() {
    let env = app();
    let source = env.read("src/app.rs").replace("-> Routes", "-> Router");
    env.write("src/app.rs", &source);
    let before = files(&env.folder());
    env.connect(&["add", "module", "generalPages"])
        .assert()
        .code(1)
        .stderr_eq("error[add/not-recognised]: `src/app.rs` is not recognised\ncaused by: expected `fn routes() -> Routes {`, which ends in a chain of calls\nhint: add `--descriptor-only`, and write route, view and test yourself\n");
    assert_eq!(files(&env.folder()), before);
}

#[test]
fn an_app_in_any_language_gets_its_entry_and_keeps_its_comments() {
    let descriptor = app::descriptor("com.example.a", "One");
    let commented = descriptor.replacen("{", "{\n  // ours", 1);
    let env = TestEnv::new().with_descriptor(&commented);
    env.write("app.js", "");
    #[rustfmt::skip]
    let arguments = ["add", "module", "adminPages", "--url", "/admin?lang={user.locale}", "--descriptor-only"];
    env.connect(&arguments)
        .assert()
        .success()
        .stderr_eq("       Added adminPages `admin-page` to atlassian-connect.json\nnote: the code is left to you\nhint: let the app answer GET /admin, which the product signs\n");
    let text = env.read("atlassian-connect.json");
    assert!(text.starts_with("{\n  // ours"), "{text}");
    assert!(text.contains("\"/admin?lang={user.locale}\""), "{text}");
    assert_eq!(files(&env.folder()).len(), 2);
}

#[test]
fn a_remote_of_forge_has_no_descriptor_to_add_to() {
    let env = TestEnv::new();
    #[rustfmt::skip]
    let arguments = [
        "new", "hello", "--template", "forge-remote", "--yes", "--vcs", "none", "--path", ".",
        "--runtime", "registry",
    ];
    env.connect(&arguments).assert().success();
    env.connect(&["add", "module", "generalPages"])
        .assert()
        .code(1)
        .stderr_eq("error[add/no-descriptor]: there is no `atlassian-connect.json` here\n...");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;

    let env = app();
    let views = env.path("views");
    fs::set_permissions(&views, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(views.join("probe"), "").is_ok() {
        fs::remove_file(views.join("probe")).unwrap();
        eprintln!("not run: this user may write where nobody may");
        return;
    }
    let before = files(&env.folder());
    env.connect(&["add", "module", "generalPages"])
        .assert()
        .code(1)
        .stderr_eq("error[new/not-written]: [..]\n...");
    assert_eq!(files(&env.folder()), before);
    fs::set_permissions(&views, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_types_are_listed_with_what_they_are() {
    let env = TestEnv::new();
    let listed = |arguments: &[&str]| {
        let output = env.connect(arguments).assert().success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = listed(&["add", "module", "--list"]);
    let jira = listed(&["add", "module", "--list", "--product", "jira"]);
    assert!(all.len() > jira.len() && jira.len() > 40, "{all:?}");
    let first = "adminPages                                   A page in the administration of the product. (Confluence, Jira)";
    assert_eq!(all[0], first);
    let json = listed(&["add", "module", "--list", "--json"]);
    let one: Value = serde_json::from_str(&json[0]).unwrap();
    assert_eq!(one["event"], "module.type");
    assert_eq!(one["products"], serde_json::json!(["confluence", "jira"]));
}

#[cfg(unix)]
#[test]
fn on_a_terminal_type_and_name_are_asked() {
    let env = app();
    let keys = "generalPage\rs\rReport\r";
    let Some(ended) = press(&env, "Type", keys, &["add", "module"]) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(
        ended.shown.contains("did you mean `generalPages`?"),
        "{}",
        ended.shown
    );
    assert!(env.read("views/report.hbs").contains("<h1>Report</h1>"));
}
