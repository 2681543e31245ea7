//! `connect migrate forge`: the report, the manifest, and what stands in their way.

use serde_json::Value;
use snapbox::str;

use crate::support::env::TestEnv;

const DESCRIPTOR: &str = r#"{
  // Comments are read, as ACE does.
  "key": "com.example.app",
  "name": "Example",
  "description": "Shows what becomes of an app.",
  "vendor": { "name": "Example", "url": "https://example.com" },
  "baseUrl": "{{localBaseUrl}}",
  "authentication": { "type": "jwt" },
  "apiMigrations": { "signed-install": true },
  "lifecycle": { "installed": "/installed", "uninstalled": "/uninstalled", "enabled": "/enabled" },
  "scopes": ["READ", "ACT_AS_USER"],
  "modules": {
    "generalPages": [
      { "key": "hello", "url": "/hello", "name": { "value": "Hello" }, "location": "system.top.navigation.bar" }
    ],
    "jiraReports": [
      { "key": "report", "url": "/report", "name": { "value": "Report" }, "description": { "value": "A report." } }
    ],
    "webhooks": [{ "event": "jira:issue_created", "url": "/webhooks/issue" }]
  }
}
"#;

fn stderr(output: &snapbox::cmd::OutputAssert) -> String {
    String::from_utf8(output.get_output().stderr.clone()).unwrap()
}

fn stdout(output: &snapbox::cmd::OutputAssert) -> String {
    String::from_utf8(output.get_output().stdout.clone()).unwrap()
}

#[test]
fn every_part_of_the_descriptor_is_a_line() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    env.connect(&["migrate", "forge"])
        .assert()
        .success()
        .stdout_eq(str![""])
        .stderr_eq(str![[r#"
   Converted com.example.app for Jira: 2 modules, 1 webhook

       MODULE        KEY     NOW         OF FORGE ITSELF
  ok   generalPages  hello   automatic   jira:globalPage  with caveats
  ok   jiraReports   report  automatic   -                none
       - generalPages: the page is rendered in another context

       WEBHOOK             KEY        NOW         OF FORGE ITSELF
  ok   jira:issue_created  webhook-1  automatic   avi:jira:created:issue  direct
       - jira:issue_created: a trigger needs the scope `read:jira-work`

       LIFECYCLE    NOW         OF FORGE ITSELF
  ok   installed    automatic   avi:forge:installed:app  with caveats
  ok   uninstalled  automatic   preUninstall             with caveats
  NO   enabled      impossible  -                        none
       - installed: sent when the app is installed, not when a site is updated by itself
       - uninstalled: a module of its own: 55 s, and nothing waits for its answer
       - enabled: Forge never sends it: what it does belongs into `installed`

       SCOPE        NOW         IN THE MANIFEST
  ok   READ         automatic   read:connect-jira
  ok   ACT_AS_USER  automatic   act-as-user:connect-jira

       FIELD           NOW         IN THE MANIFEST
  ok   key             automatic   app.connect.key
  hand name            by hand
  hand description     by hand
  hand vendor          by hand
  ok   baseUrl         automatic   remotes.baseUrl
  ok   authentication  automatic   app.connect.authentication
  NO   apiMigrations   impossible
       - name, description, vendor: not in a manifest: `forge register` asks for a name, the
         developer console has the rest
       - apiMigrations: a manifest has no such field; installs are signed in any case

       PLACEHOLDER       NOW         IN THE MANIFEST
  hand {{localBaseUrl}}  by hand     environment.variables.CONNECT_BASE_URL
       - {{localBaseUrl}}: set `CONNECT_BASE_URL` wherever you deploy

What behaves differently
  - A site that is updated by itself sends no `installed`: keep the tenant's secret, and do not wait
    for a new one.
  - Going over removes the Connect version without an `uninstalled`.
  - `enabled` and `disabled` are never sent.
  - Modules of Forge are closed to people without a licence and to anonymous ones, unless they say
    `unlicensedAccess`.
  - Another address of the server is a new major version: administrators are asked again.
  - Atlassian carries over apps of the Marketplace; Connect modules in a new Forge app are not
    supported.

Next
  connect migrate forge --write   writes manifest.yml
  forge register                  makes the app of Forge, and puts its id there
  connect validate manifest       also looks into the Connect modules, which `forge lint` does not
  forge deploy                    to the development environment, with CONNECT_BASE_URL=… set
  forge install --product jira    on a site that does not have the Connect app: a key is installed
                                  once
  forge deploy -e production      last: before the first time, ask Atlassian's support to keep the
                                  app's account, and answer `connectToForgeMigration`, at the end of
                                  the manifest

"#]]);
    assert!(!env.path("manifest.yml").exists());
}

#[test]
fn the_manifest_goes_to_stdout_and_is_a_right_one() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    let output = env
        .connect(&["-q", "migrate", "forge", "--print"])
        .assert()
        .success()
        .stderr_eq(str![""])
        .stdout_eq(str![[r##"
# The Connect app as it is, carried by Forge: made by `connect migrate forge`.
app:
  # `forge register` puts the id of your app here.
  id: ari:cloud:ecosystem::app/run-forge-register
  runtime:
    name: nodejs22.x
  # By this key Atlassian knows the app: with another one it is another app.
  connect:
    key: com.example.app
    remote: connect
    authentication: jwt
environment:
  # Set these wherever you deploy, or give them a `default`.
  variables:
    - CONNECT_BASE_URL
remotes:
  - key: connect
    baseUrl: "${CONNECT_BASE_URL}"
permissions:
  scopes:
    - read:connect-jira
    - act-as-user:connect-jira
connectModules:
  # Of Forge itself: jira:globalPage
  jira:generalPages:
    - key: hello
      url: /hello
      name:
        value: Hello
      location: system.top.navigation.bar
  jira:jiraReports:
    - key: report
      url: /report
      name:
        value: Report
      description:
        value: A report.
  # Of Forge itself: avi:jira:created:issue
  jira:webhooks:
    - key: webhook-1
      event: jira:issue_created
      url: /webhooks/issue
  jira:lifecycle:
    - key: lifecycle-events
      installed: /installed
      uninstalled: /uninstalled

# What becomes of the app before Connect's end of support, 31 January 2027: administrators are told. The answer
# is yours: YES, NO or UNDECIDED.
# modules:
#   connectToForgeMigration:
#     - key: eos-intent
#       migrationGuideUrl: https://example.com/forge
#       willMigrateToForgeBeforeEOS: UNDECIDED

"##]]);
    let manifest = stdout(&output);
    let judged = env
        .connect(&["validate", "manifest", "-", "--strict"])
        .stdin(manifest)
        .assert();
    judged.success();
}

#[test]
fn a_manifest_is_written_once_and_never_over_another() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    let first = env.connect(&["migrate", "forge", "--write"]).assert();
    assert!(stderr(&first.success()).contains("       Wrote manifest.yml\n"));
    let printed = env.connect(&["migrate", "forge", "--print"]).assert();
    assert_eq!(stdout(&printed.success()), env.read("manifest.yml"));

    env.write("manifest.yml", "mine");
    let again = env.connect(&["migrate", "forge", "--write"]).assert();
    let text = stderr(&again.code(1));
    assert!(text.contains("error[migrate/manifest-exists]"), "{text}");
    assert_eq!(env.read("manifest.yml"), "mine");
    // What is about to be a file is not written through to another one.
    #[cfg(unix)]
    {
        let env = TestEnv::new().with_descriptor(DESCRIPTOR);
        std::os::unix::fs::symlink(env.path("elsewhere"), env.path("manifest.yml")).unwrap();
        env.connect(&["migrate", "forge", "--write"])
            .assert()
            .code(1);
        assert!(!env.path("elsewhere").exists());
    }
}

#[test]
fn scripts_get_one_object() {
    let env = TestEnv::new();
    let output = env
        .connect(&["migrate", "forge", "-", "--json", "--write"])
        .stdin(DESCRIPTOR)
        .assert()
        .success();
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 1, "{text}");
    let all: Value = serde_json::from_str(&text).unwrap();
    for (pointer, expected) in [
        ("/version", Value::from(1)),
        ("/ok", true.into()),
        ("/descriptor", "<stdin>".into()),
        ("/key", "com.example.app".into()),
        ("/product", "jira".into()),
        ("/written", "manifest.yml".into()),
        ("/variables", vec!["CONNECT_BASE_URL"].into()),
        ("/steps/0/part", "module".into()),
        ("/steps/0/name", "generalPages".into()),
        ("/steps/0/key", "hello".into()),
        ("/steps/0/carried", "automatic".into()),
        ("/steps/0/to", "connectModules.jira:generalPages".into()),
        ("/steps/0/forge", vec!["jira:globalPage"].into()),
        ("/steps/0/fit", "caveats".into()),
        ("/next/0/command", "forge register".into()),
    ] {
        assert_eq!(all.pointer(pointer), Some(&expected), "{pointer}: {text}");
    }
    assert_eq!(all["manifest"], env.read("manifest.yml"));
}

#[test]
fn an_app_for_either_product_needs_to_be_told() {
    let env = TestEnv::new();
    let either = DESCRIPTOR
        .replace("\"jiraReports\"", "\"adminPages\"")
        .replace(", \"description\": { \"value\": \"A report.\" }", "")
        .replace(", \"location\": \"system.top.navigation.bar\"", "")
        .replace("jira:issue_created", "attachment_created");
    env.write("atlassian-connect.json", &either);
    let asked = env.connect(&["migrate", "forge"]).assert();
    let text = stderr(&asked.code(2));
    assert!(text.contains("error[migrate/which-product]"), "{text}");
    assert!(
        text.contains("hint: connect migrate forge atlassian-connect.json --product jira"),
        "{text}"
    );
    let told = ["migrate", "forge", "--product", "confluence", "--print"];
    let told = env.connect(&told).assert().success();
    assert!(stdout(&told).contains("  confluence:adminPages:\n"));
    // Of the project's own files, config.json tells.
    env.write("config.json", "{ product: 'confluence' }");
    let told = env.connect(&["migrate", "forge", "--print"]).assert();
    assert!(stdout(&told.success()).contains("  confluence:adminPages:\n"));
    let other = env.connect(&["migrate", "forge", "-"]).stdin(&*either);
    let text = stderr(&other.assert().code(2));
    assert!(
        text.contains("hint: connect migrate forge - --product jira"),
        "{text}"
    );
    // Of two descriptors, their names do.
    let second = "atlassian-connect.confluence.json";
    env.write(second, &either);
    for (file, module) in [
        ("atlassian-connect.json", "  jira:adminPages:\n"),
        (second, "  confluence:adminPages:\n"),
    ] {
        let told = env.connect(&["migrate", "forge", "--print", file]).assert();
        assert!(stdout(&told.success()).contains(module), "{file}");
    }
}

#[test]
fn an_address_is_put_in_and_must_be_one_that_forge_calls() {
    let env = TestEnv::new().with_descriptor(DESCRIPTOR);
    let with = |url: &str| {
        env.connect(&["migrate", "forge", "--print", "--url", url])
            .assert()
    };
    let text = stdout(&with("https://app.example.com/").success());
    assert!(
        text.contains("baseUrl: https://app.example.com\n"),
        "{text}"
    );
    assert!(!text.contains("${"), "{text}");
    with("http://app.example.com").code(2);
}

#[test]
fn what_is_wrong_with_the_descriptor_stops_the_manifest() {
    let env = TestEnv::new().with_descriptor(&DESCRIPTOR.replace("\"url\": \"/hello\", ", ""));
    let output = env.connect(&["migrate", "forge", "--write"]).assert();
    let text = stderr(&output.code(1));
    assert!(text.contains("[descriptor/missing-field]"), "{text}");
    assert!(
        text.contains("hint: connect validate descriptor atlassian-connect.json"),
        "{text}"
    );
    assert!(!env.path("manifest.yml").exists());

    for (descriptor, code) in [
        ("{ \"key\": ", "migrate/unreadable"),
        ("[]", "migrate/unreadable"),
        (
            "{ \"key\": \"a\", \"contexts\": [\"account\"] }",
            "migrate/bitbucket",
        ),
    ] {
        env.write("atlassian-connect.json", descriptor);
        let output = env.connect(&["migrate", "forge"]).assert();
        let text = stderr(&output.code(1));
        assert!(text.contains(&format!("error[{code}]")), "{text}");
    }
}

#[test]
fn nothing_in_a_descriptor_reaches_the_terminal_as_an_order() {
    let hostile = DESCRIPTOR
        .replace("\"hello\"", "\"\\u001b]0;pwned\\u0007\"")
        .replace("\"READ\"", "\"READ\", \"\\u001b[2J\"");
    let env = TestEnv::new().with_descriptor(&hostile);
    for arguments in [&["migrate", "forge"][..], &["migrate", "forge", "--json"]] {
        let output = env.connect(arguments).assert();
        let text = stderr(&output) + &stdout(&output);
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text}");
    }
}
