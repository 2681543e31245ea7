//! `connect tenants` on files of SQLite; the servers are tested in `connect-store`.

use std::fs;

use serde_json::Value;

use crate::support::env::TestEnv;

const RECORDS: &str = r#"{"format":"connect-tenants/1","secrets":true}
{"clientKey":"site-1","clientInfo":{"key":"com.example.app","clientKey":"site-1","baseUrl":"https://acme.atlassian.net","productType":"jira","sharedSecret":"hunter2hunter2hunter2hunter2hunter2","fieldOfTheFuture":[1]},"beside":{"state":"enabled","installedAt":1767225600,"previousSecret":"hunter2 the previous","previousUntil":9},"settings":{"colour":"red"}}
{"clientKey":"site-2","clientInfo":{"key":"com.example.app","clientKey":"site-2","baseUrl":"https://other.atlassian.net/wiki","productType":"confluence","sharedSecret":"hunter2hunter2hunter2hunter2hunter3"},"beside":{"state":"uninstalled","uninstalledAt":7}}
"#;

fn filled() -> TestEnv {
    let env = TestEnv::new();
    env.write("config.json", r#"{"store": {"storage": "data/a.db"}}"#);
    env.write("all.jsonl", RECORDS);
    env.connect(&["tenants", "import", "all.jsonl"])
        .assert()
        .success()
        .stdout_eq("")
        .stderr_eq("    Imported 2 tenants into [..]data/a.db\n");
    env
}

#[test]
fn tenants_are_listed_without_secrets() {
    let env = filled();
    env.connect(&["tenants", "list"])
        .assert()
        .success()
        .stdout_eq(snapbox::str![[r#"
CLIENT KEY                            PRODUCT     STATE        SITE
site-1                                jira        enabled      https://acme.atlassian.net
site-2                                confluence  uninstalled  https://other.atlassian.net/wiki

"#]])
        .stderr_eq("      Listed 2 tenants in [..]data/a.db\n");
    for arguments in [
        &["tenants", "list", "--json"][..],
        &["tenants", "show", "site-1"],
        &["tenants", "export"],
    ] {
        let output = env.connect(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("acme.atlassian.net"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn an_export_with_secrets_is_a_private_file_that_another_store_takes() {
    let env = filled();
    env.connect(&["tenants", "export", "out.jsonl", "--secrets"])
        .assert()
        .success();
    let out = env.path("out.jsonl");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // It holds secrets, so what is there is not written over, nor made readable.
    env.connect(&["tenants", "export", "out.jsonl", "--secrets"])
        .assert()
        .code(1)
        .stderr_eq("error[tenants/file]: cannot use `[..]out.jsonl`\n...");
    let moved = ["tenants", "import", "out.jsonl", "--store", "sqlite:b.db"];
    for arguments in [&[&moved[..], &["--dry-run"]].concat()[..], &moved, &moved] {
        env.connect(arguments).assert().success();
    }
    let again = ["tenants", "export", "--secrets", "--store", "sqlite:b.db"];
    let output = env.connect(&again).output().unwrap();
    let exported = fs::read_to_string(out).unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), exported);
    let record: Value = serde_json::from_str(exported.lines().nth(1).unwrap()).unwrap();
    assert_eq!(record["settings"]["colour"], "red");
    assert_eq!(record["clientInfo"]["fieldOfTheFuture"][0], 1);
    assert_eq!(record["beside"]["previousSecret"], "hunter2 the previous");
}

#[test]
fn a_tenant_is_forgotten_only_when_that_is_meant() {
    let env = filled();
    env.connect(&["tenants", "forget", "site-1"])
        .assert()
        .code(2)
        .stderr_eq("error[cli/missing-answer]: cannot ask without a terminal: --yes\n...");
    env.connect(&["tenants", "forget", "site-1", "site-9", "--yes"])
        .assert()
        .code(1)
        .stderr_eq("error[tenants/unknown]: the store `[..]` has no tenant `site-9`\n...");
    env.connect(&["tenants", "forget", "site-1", "--yes"])
        .assert()
        .success()
        .stderr_eq("      Forgot site-1 (https://acme.atlassian.net)\n");
    env.connect(&["tenants", "show", "site-1"]).assert().code(1);
    env.connect(&["tenants", "list"])
        .assert()
        .success()
        .stderr_eq("      Listed 1 tenant in [..]\n");
}

#[test]
fn what_is_no_export_is_refused_at_its_line() {
    let env = filled();
    for (text, expected) in [
        ("", "`[..]bad.jsonl` is no export of tenants"),
        ("{}\n", "`[..]bad.jsonl` is no export of tenants"),
        (
            "{\"format\":\"connect-tenants/1\"}\n{\"clientKey\":\"a\",\"clientInfo\":{}}\n",
            "`[..]bad.jsonl` line 2: the record of `a` holds no secrets",
        ),
        (
            "{\"format\":\"connect-tenants/1\"}\n{\"hunter2\n",
            "`[..]bad.jsonl` line 2: this is not the record of a tenant: not JSON, or longer than 1 MiB",
        ),
    ] {
        env.write("bad.jsonl", text);
        env.connect(&["tenants", "import", "bad.jsonl"])
            .assert()
            .code(1)
            .stderr_eq(format!("error[tenants/bad-file]: {expected}\n..."));
    }
}

#[test]
fn a_store_that_is_not_there_is_named_without_its_password() {
    let env = TestEnv::new();
    env.connect(&["tenants", "list", "--store", "sqlite:no.db"])
        .assert()
        .code(1)
        .stderr_eq("error[file/missing]: `no.db` does not exist\n...");
    assert!(!env.path("no.db").exists());
    for (url, code, exit) in [
        ("postgres://u:hunter2@127.0.0.1:1/d", "store/unavailable", 3),
        ("redis://u:hunter2@127.0.0.1:1", "store/unavailable", 3),
        ("oracle://u:hunter2@127.0.0.1:1", "store/settings", 1),
    ] {
        let output = env
            .connect(&["tenants", "list", "--store", url])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{said}");
        assert!(said.contains(&format!("error[{code}]")), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn secrets_are_sealed_with_the_keys_that_a_command_prints() {
    let env = TestEnv::new();
    let config = r#"{"store": {"storage": "a.db", "keys": {"command": ["cat", "keys.txt"]}}}"#;
    env.write("config.json", config);
    env.write(
        "keys.txt",
        "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n",
    );
    env.write("all.jsonl", RECORDS);
    let run = |arguments: &[&str]| env.connect(arguments).output().unwrap();
    assert!(run(&["tenants", "import", "all.jsonl"]).status.success());
    for file in ["a.db", "a.db-wal"] {
        let bytes = fs::read(env.path(file)).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&bytes).contains("hunter2"),
            "{file}"
        );
    }
    let shown = run(&["tenants", "show", "site-1", "--secrets"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("hunter2"));

    fs::remove_file(env.path("keys.txt")).unwrap();
    env.connect(&["tenants", "list"])
        .assert()
        .code(1)
        .stdout_eq("")
        .stderr_eq(snapbox::str![[r#"
error[store/key-command]: `cat` gave no keys for the store: it ended with exit status: 1
hint: run the command of `store.keys` in config.json by hand, in the folder of the app

"#]]);
}
