//! `connect new`.

use std::fs;

use serde_json::Value;

use crate::support::env::TestEnv;
#[cfg(unix)]
use crate::support::terminal::press;

fn entries(env: &TestEnv) -> Vec<String> {
    let entries = fs::read_dir(env.folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn an_app_is_made_with_its_runtime_and_a_repository() {
    let env = TestEnv::new();
    let output = env
        .connect(&["new", "My App", "--yes", "--json"])
        .assert()
        .success();
    let created: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(created["event"], "created");
    assert_eq!(created["name"], "my-app");
    assert_eq!(created["key"], "com.example.my-app");
    assert_eq!(entries(&env), ["my-app"]);
    for file in created["files"].as_array().unwrap() {
        let path = format!("my-app/{}", file.as_str().unwrap());
        let text = env.read(&path);
        let ours = !path.starts_with("my-app/vendor/");
        assert!(
            !ours || !text.contains("[="),
            "{path} has a placeholder left"
        );
    }
    assert!(env.read("my-app/Cargo.toml").contains("name = \"my-app\""));
    assert!(
        env.path("my-app/vendor/connect-runtime/src/lib.rs")
            .is_file()
    );
    assert_eq!(env.read("my-app/.git/HEAD"), "ref: refs/heads/main\n");
    env.connect(&["-C", "my-app", "validate", "descriptor"])
        .assert()
        .success();
}

#[test]
fn editors_find_the_schema_of_the_descriptor_in_the_app() {
    let env = TestEnv::new();
    env.connect(&["new", "hello", "--yes", "--vcs", "none"])
        .assert()
        .success();
    let settings: Value = serde_json::from_str(&env.read("hello/.vscode/settings.json")).unwrap();
    let entry = &settings["json.schemas"][0];
    assert_eq!(entry["fileMatch"][0], "/atlassian-connect.json");
    let schema = entry["url"].as_str().unwrap();
    let written = env.read(&format!("hello/{schema}"));
    let printed = env
        .connect(&["schema", "descriptor", "--product", "jira"])
        .assert()
        .success();
    assert_eq!(
        String::from_utf8_lossy(&printed.get_output().stdout),
        written
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (TestEnv::new(), TestEnv::new());
    let files = |env: &TestEnv| {
        let output = env
            .connect(&["new", "hello", "--yes", "--vcs", "none", "--json"])
            .assert()
            .success();
        let created: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
        let files = created["files"].as_array().unwrap().clone();
        let texts = files.iter().map(|file| {
            let path = file.as_str().unwrap().to_owned();
            let text = env.read(&format!("hello/{path}"));
            (path, text)
        });
        texts.collect::<Vec<_>>()
    };
    assert_eq!(files(&one), files(&two));
    assert!(!one.path("hello/.git").exists());
}

#[test]
fn inside_a_repository_no_other_is_made() {
    let env = TestEnv::new();
    fs::create_dir(env.path(".git")).unwrap();
    env.connect(&["new", "hello", "--yes"]).assert().success();
    assert!(!env.path("hello/.git").exists());
}

#[test]
fn in_a_cargo_workspace_the_app_stays_one_of_its_own() {
    let env = TestEnv::new();
    env.write("Cargo.toml", "[workspace]\nmembers = [\"apps/*\"]\n");
    fs::create_dir(env.path("apps")).unwrap();
    let make = |path: &str| env.connect(&["new", "hello", "--yes", "-q", "--path", path]);
    make("apps/hello")
        .assert()
        .code(1)
        .stderr_eq("error[new/in-workspace]: the workspace `[..]Cargo.toml` claims `apps/hello` as a member\ncaused by: an app is a workspace of its own, which cargo takes for no member of another\nhint: write exclude = [\"apps/hello\"] below [workspace] there\nhint: or make the app elsewhere: --path DIR\n");
    assert!(!env.path("apps/hello").exists());
    env.connect(&["new", "other", "--yes", "--vcs", "none"])
        .assert()
        .success()
        .stderr_eq("     Created other ([..])\nnote: the app is a workspace of its own, apart from Cargo.toml\nhint: build and test it in its folder; `cargo` in the other one leaves it out\n...");
    env.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"apps/*\"]\nexclude = [\"apps/hello\"]\n",
    );
    make("apps/hello").assert().success();
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let env = TestEnv::new();
    env.write("hello/mine.txt", "mine");
    env.connect(&["new", "hello", "--yes"])
        .assert()
        .code(1)
        .stderr_eq("error[new/target-exists]: `[..]hello` is not empty (1 entries)\nhint: choose another name, or a folder with `--path DIR`\nhint: or `--force`, where git has every file as it is\n");
    assert_eq!(env.read("hello/mine.txt"), "mine");
    assert_eq!(entries(&env), ["hello"]);
}

#[test]
fn without_a_terminal_the_missing_answer_is_named() {
    let env = TestEnv::new();
    env.connect(&["new"])
        .assert()
        .code(2)
        .stderr_eq("error[cli/missing-answer]: cannot ask without a terminal: NAME, --product, --template\nhint: connect new hello --product jira --template page\n");
    assert!(entries(&env).is_empty());
}

#[test]
fn what_cannot_be_made_is_refused_and_leaves_nothing() {
    let env = TestEnv::new();
    for (arguments, code, error) in [
        (&["new", "../x", "--yes"][..], 1, "error[new/bad-name]"),
        (
            &["new", "hello", "--yes", "--key", "a b"],
            1,
            "error[new/bad-key]",
        ),
        (
            &["new", "hello", "--template", "pag"],
            2,
            "a similar value exists: 'page'",
        ),
        (
            &["new", "hello", "--template", "macro", "--product", "jira"],
            2,
            "error[new/no-such-product]",
        ),
        (
            &["new", "hello", "--yes", "--runtime", "path=nowhere"],
            1,
            "error[new/no-runtime]",
        ),
        (
            &["new", "hello", "--runtime", "magic"],
            2,
            "expected `vendor`",
        ),
        (
            &["new", "hello", "--yes", "--path", "no/such/hello"],
            1,
            "error[new/no-parent]",
        ),
    ] {
        let output = env.connect(arguments).assert().code(code);
        let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(stderr.contains(error), "{arguments:?}: {stderr}");
        assert!(entries(&env).is_empty(), "{arguments:?}");
    }
}

#[test]
fn templates_are_listed_with_their_products() {
    let env = TestEnv::new();
    let output = env.connect(&["new", "--list", "--json"]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let templates: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let page = templates.iter().find(|template| template["name"] == "page");
    assert_eq!(page.unwrap()["products"][0], "jira");
}

#[test]
fn bitbucket_is_refused_with_what_to_do_instead() {
    let env = TestEnv::new();
    env.connect(&["new", "hello", "--product", "bitbucket"])
        .assert()
        .code(2)
        .stderr_eq("error[new/no-bitbucket]: Bitbucket takes no new Connect apps\ncaused by: since 2 February 2026 only apps that were there before can be installed\nhint: make a Forge app: npm install --global @forge/cli && forge create\n");
    assert!(entries(&env).is_empty());
}

#[test]
fn the_store_of_production_is_the_one_that_was_asked_for() {
    let env = TestEnv::new();
    for (store, in_config, in_image) in [
        (
            "mysql",
            "\"dialect\": \"mysql\", \"url\": \"$DATABASE_URL\"",
            "--features mysql",
        ),
        (
            "postgres",
            "\"dialect\": \"postgres\"",
            "--features postgres",
        ),
        (
            "sqlite",
            "\"storage\": \"data/production.db\"",
            "--release\n",
        ),
    ] {
        env.connect(&["new", store, "--yes", "--store", store])
            .assert()
            .success();
        assert!(
            env.read(&format!("{store}/config.json"))
                .contains(in_config),
            "{store}"
        );
        assert!(
            env.read(&format!("{store}/Dockerfile")).contains(in_image),
            "{store}"
        );
        env.connect(&["-C", store, "validate", "--strict"])
            .assert()
            .success();
    }
}

#[test]
fn an_app_for_both_products_has_a_descriptor_for_each() {
    let env = TestEnv::new();
    env.connect(&["new", "hello", "--template", "page", "--product", "both"])
        .assert()
        .success();
    let jira = env.read("hello/atlassian-connect.json");
    let confluence = env.read("hello/atlassian-connect.confluence.json");
    assert!(jira.contains("\"key\": \"com.example.hello\""), "{jira}");
    assert!(
        confluence.contains("\"key\": \"com.example.hello.confluence\""),
        "{confluence}"
    );
    env.connect(&["new", "one", "--template", "page", "--product", "jira"])
        .assert()
        .success();
    assert!(!env.path("one/atlassian-connect.confluence.json").exists());
}

#[test]
fn the_runtime_comes_from_where_it_was_asked() {
    let env = TestEnv::new();
    env.write("crates/connect-runtime/Cargo.toml", "");
    env.connect(&["new", "a", "--yes", "--runtime", "registry"])
        .assert()
        .success();
    assert!(!env.path("a/vendor").exists());
    assert!(!env.read("a/Cargo.toml").contains("path ="));
    env.connect(&["new", "b", "--yes", "--runtime", "path=crates"])
        .assert()
        .success();
    let manifest = env.read("b/Cargo.toml");
    assert!(manifest.contains("crates/connect-runtime\""), "{manifest}");
}

/// A template of two files, at `place` below the folder.
fn small_template(env: &TestEnv, place: &str) {
    let manifest =
        r#"{"description":"small","summary":"Small.","products":["jira"],"shared":false}"#;
    env.write(&format!("{place}/template.json"), manifest);
    env.write(
        &format!("{place}/Cargo.toml.tmpl"),
        "name = \"[= name =]\"\n",
    );
    env.write(&format!("{place}/src/as-it-is.txt"), "[= name =]\n");
}

fn git(env: &TestEnv, folder: &str, arguments: &[&str]) {
    let author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
    snapbox::cmd::Command::new("git")
        .args(author.iter().chain(arguments))
        .current_dir(env.path(folder))
        .env_clear()
        .envs(env.variables())
        .assert()
        .success();
}

/// The app that [`small_template`] makes.
fn is_small_app(env: &TestEnv, app: &str) {
    assert_eq!(
        env.read(&format!("{app}/Cargo.toml")),
        format!("name = \"{app}\"\n")
    );
    assert_eq!(env.read(&format!("{app}/src/as-it-is.txt")), "[= name =]\n");
    assert!(!env.path(&format!("{app}/template.json")).exists());
}

#[test]
fn a_folder_and_a_repository_are_templates_too() {
    let env = TestEnv::new();
    small_template(&env, "templates/small");
    let new = |name: &str, template: &str| {
        env.connect(&["new", name, "--vcs", "none", "--template", template])
            .assert()
    };
    new("one", "templates/small").success();
    is_small_app(&env, "one");
    git(&env, "templates/small", &["init", "--quiet"]);
    git(&env, "templates/small", &["add", "."]);
    git(
        &env,
        "templates/small",
        &["commit", "--quiet", "--message", "small"],
    );
    let url = format!("file://{}", env.path("templates/small").display());
    new("two", &url).success();
    is_small_app(&env, "two");
    let mut left = entries(&env);
    left.sort();
    assert_eq!(left, ["one", "templates", "two"]);
}

#[test]
fn an_archive_behind_an_address_is_a_template_too() {
    let env = TestEnv::new();
    small_template(&env, "small");
    let made = snapbox::cmd::Command::new("python3")
        .args(["-m", "zipfile", "-c", "small.zip", "small"])
        .current_dir(env.folder())
        .env_clear()
        .envs(env.variables())
        .assert()
        .success();
    drop(made);
    let url = serve_once(std::fs::read(env.path("small.zip")).unwrap());
    env.connect(&["new", "three", "--vcs", "none", "--template", &url])
        .assert()
        .success();
    is_small_app(&env, "three");
}

/// The address of an archive that one request gets.
fn serve_once(archive: Vec<u8>) -> String {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/small.zip", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            archive.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&archive).unwrap();
    });
    url
}

#[test]
fn templates_from_elsewhere_that_are_none_leave_nothing() {
    let env = TestEnv::new();
    env.write("t/empty/readme.txt", "");
    small_template(&env, "t/loop");
    env.write(
        "t/loop/a.tmpl",
        "[% for i in range(100000) %][% for j in range(100000) %]x[% endfor %][% endfor %]",
    );
    small_template(&env, "t/unknown");
    env.write("t/unknown/a.tmpl", "[= nmae =]");
    for (template, code, error) in [
        ("t/empty", 1, "error[new/bad-template]"),
        ("t/loop", 1, "error[new/bad-template]"),
        ("t/unknown", 1, "error[new/bad-template]"),
        ("./nowhere", 3, "error[new/template-unreachable]"),
        (
            "http://templates.example/a.zip",
            1,
            "error[new/bad-template]",
        ),
        (
            "ext::sh -c touch% pwned",
            3,
            "error[new/template-unreachable]",
        ),
        (
            "http://127.0.0.1:9/a.zip",
            3,
            "error[new/template-unreachable]",
        ),
        (
            &serve_once(b"PK is no archive".to_vec()),
            1,
            "error[new/bad-template]",
        ),
    ] {
        let output = env
            .connect(&["new", "hello", "--yes", "--template", template])
            .assert()
            .code(code);
        let stderr = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(stderr.contains(error), "{template}: {stderr}");
        assert_eq!(entries(&env), ["t"], "{template}");
    }
}

#[test]
fn a_folder_with_something_in_it_is_written_into_only_where_git_can_take_it_back() {
    let env = TestEnv::new();
    env.write("hello/README.md", "mine");
    env.write("hello/mine.txt", "mine");
    let force = || env.connect(&["new", "hello", "--yes", "--force"]).assert();
    force().code(1);
    git(&env, "hello", &["init", "--quiet"]);
    force().code(1);
    git(&env, "hello", &["add", "."]);
    git(&env, "hello", &["commit", "--quiet", "--message", "mine"]);
    env.write("hello/later.txt", "not committed");
    force().code(1);
    assert_eq!(env.read("hello/README.md"), "mine");
    std::fs::remove_file(env.path("hello/later.txt")).unwrap();
    force().success();
    assert!(env.read("hello/README.md").starts_with("# Hello"));
    // The repository is the one it was, and can take it all back.
    git(&env, "hello", &["checkout", "--quiet", "--", "."]);
    assert_eq!(env.read("hello/README.md"), "mine");
    assert_eq!(env.read("hello/mine.txt"), "mine");
    assert_eq!(entries(&env), ["hello"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_keeps_nothing() {
    // Nobody may make a folder in /proc, root included.
    let env = TestEnv::new();
    env.connect(&["new", "hello", "--yes", "--path", "/proc/hello"])
        .assert()
        .code(1)
        .stderr_eq(
            "error[new/not-written]: cannot write `/proc/.hello.tmp-[..]`\ncaused by: [..]\n",
        );
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_name_is_asked_until_it_is_one() {
    let env = TestEnv::new();
    let keys = "9\\r\\x7fMy App\\r";
    #[rustfmt::skip]
    let arguments = [
        "new", "--vcs", "none", "--template", "page", "--product", "jira", "--store", "sqlite",
    ];
    let Some(ended) = press(&env, "Name", keys, &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
    assert!(ended.shown.contains("`9` is no name"), "{}", ended.shown);
    assert_eq!(entries(&env), ["my-app"]);
}

#[cfg(unix)]
#[test]
fn leaving_a_question_makes_nothing_and_leaves_the_terminal_as_it_was() {
    for (name, keys) in [("Ctrl-C", "\\x03"), ("Ctrl-D", "\\x04"), ("Esc", "\\x1b")] {
        let env = TestEnv::new();
        let Some(ended) = press(&env, "Name", keys, &["new"]) else {
            return;
        };
        assert_eq!(ended.code, 130, "{name}: {}", ended.shown);
        assert!(ended.shown.contains("error[cli/left]"), "{}", ended.shown);
        // A cursor that was hidden is shown again.
        let last = |sequence: &str| ended.shown.rfind(sequence);
        assert!(last("\u{1b}[?25h") > last("\u{1b}[?25l"), "{name}");
        assert!(entries(&env).is_empty(), "{name}");
    }
}
