//! From descriptors to manifests. The first tests are what another converter is known to do wrong.

use connect_validator::{
    Carried, Fit, MigrateError, Migration, Options, Part, Placeholders, Product, Step, check,
    check_manifest, migrate,
};

use crate::corpus::samples;
use crate::{GOOD, with};

fn moved(source: &str) -> Migration {
    migrate(source, &Options::default()).expect("a descriptor that can be read")
}

/// A descriptor for Jira with these members besides those that each needs.
fn jira(members: &str) -> String {
    format!(
        r#"{{ "key": "com.example.app", "baseUrl": "https://app.example.com", "authentication": {{ "type": "jwt" }},
             "lifecycle": {{ "installed": "/installed" }}, {members} }}"#
    )
}

fn of_jira(members: &str) -> Migration {
    let options = Options {
        product: Some(Product::Jira),
        ..Options::default()
    };
    migrate(&jira(members), &options).expect("a descriptor that can be read")
}

/// What came of the part of this name.
fn step<'m>(migration: &'m Migration, part: Part, name: &str) -> &'m Step {
    let found = migration
        .steps
        .iter()
        .find(|step| step.part == part && step.name == name);
    found.unwrap_or_else(|| panic!("no {name}: {:#?}", migration.steps))
}

/// The manifest has these lines, one below the other.
fn has(migration: &Migration, lines: &str) {
    assert!(migration.manifest.contains(lines), "{}", migration.manifest);
}

fn has_not(migration: &Migration, text: &str) {
    assert!(!migration.manifest.contains(text), "{}", migration.manifest);
}

/// The manifest has no errors.
fn is_right(migration: &Migration) {
    let report = check_manifest(&migration.manifest, &Options::default());
    assert!(
        report.is_ok(),
        "{:#?}\n{}",
        report.findings,
        migration.manifest
    );
}

#[test]
fn a_good_descriptor_becomes_a_good_manifest() {
    let migration = moved(&with("\"generalPages\"", "\"jiraProjectPages\"").replace(
        "\"location\": \"system.top.navigation.bar\"",
        "\"weight\": 1",
    ));
    is_right(&migration);
    has(
        &migration,
        "connectModules:
  # Of Forge itself: jira:projectPage
  jira:jiraProjectPages:
    - key: hello
      url: /hello
      name:
        value: Hello
      weight: 1
  jira:lifecycle:
    - key: lifecycle-events
      installed: /installed
      uninstalled: /uninstalled
",
    );
    has(&migration, "    remote: connect\n    authentication: jwt\n");
    has(
        &migration,
        "permissions:\n  scopes:\n    - read:connect-jira\n",
    );
    assert_eq!(migration.key, "com.example.app");
    let page = step(&migration, Part::Module, "jiraProjectPages");
    assert_eq!(page.carried, Carried::Automatic);
    assert_eq!(page.forge, ["jira:projectPage"]);
    assert_eq!(page.fit, Some(Fit::Direct));
}

#[test]
fn the_product_is_asked_for_only_where_nothing_tells() {
    let nothing = GOOD.replace(
        "\"location\": \"system.top.navigation.bar\"",
        "\"weight\": 1",
    );
    assert_eq!(
        migrate(&nothing, &Options::default()),
        Err(MigrateError::WhichProduct)
    );
    let options = |product| Options {
        product: Some(product),
        ..Options::default()
    };
    let migration = migrate(&nothing, &options(Product::Confluence)).expect("a manifest");
    has(&migration, "  confluence:generalPages:\n");
    assert_eq!(
        migrate(&nothing, &options(Product::Bitbucket)),
        Err(MigrateError::Bitbucket)
    );
}

#[test]
fn without_modules_there_is_a_manifest_without_modules() {
    let migration = moved(
        r#"{ "key": "a.b", "baseUrl": "https://a.example", "scopes": ["PROJECT_ADMIN"],
             "authentication": { "type": "none" } }"#,
    );
    is_right(&migration);
    has_not(&migration, "connectModules");
    has_not(&migration, "authentication:");
}

#[test]
fn scopes_are_said_once_and_none_is_none() {
    let migration = of_jira(
        r#""scopes": ["NONE", "READ", "read", "ACT_AS_USER", "READ", "SPACE_ADMIN", "PROJECT_ADMIN", 7]"#,
    );
    is_right(&migration);
    has(
        &migration,
        "  scopes:
    - read:connect-jira
    - act-as-user:connect-jira
    - project-admin:connect-jira
connectModules:",
    );
    assert_eq!(step(&migration, Part::Scope, "NONE").to, None);
    let lost = migration
        .steps
        .iter()
        .filter(|step| step.carried == Carried::Impossible);
    let lost: Vec<_> = lost.map(|step| step.name.as_str()).collect();
    assert_eq!(lost, ["SPACE_ADMIN", "a number"]);
    let only_none = of_jira(r#""scopes": ["NONE"]"#);
    is_right(&only_none);
    has(&only_none, "permissions:\n  scopes: []\n");
}

#[test]
fn regions_take_nothing_else_away() {
    let migration = moved(
        r#"{ "key": "a.b", "baseUrl": "https://a.example", "authentication": { "type": "jwt" },
             "regionBaseUrls": { "EU": "https://eu.example", "US": "http://us.example", "XX": "https://xx.example" },
             "lifecycle": { "installed": "/i", "dare-migration": "/dare" },
             "dataResidency": { "maxMigrationDurationHours": 3.5 },
             "scopes": ["ADMIN"],
             "modules": { "jiraGlobalPermissions": [{ "key": "p", "name": { "value": "P" }, "description": { "value": "Q" } }] } }"#,
    );
    is_right(&migration);
    has(
        &migration,
        "    baseUrl:
      default: https://a.example
      EU: https://eu.example
    operations:
      - storage
    storage:
      inScopeEUD: true
",
    );
    has(
        &migration,
        "  migration:dataResidency:
    - key: data-residency
      remote: connect
      path: /dare
      maxMigrationDurationHours: 3.5
",
    );
    has(&migration, "  jira:jiraGlobalPermissions:\n    - key: p\n");
    let lost = migration
        .steps
        .iter()
        .filter(|step| step.name == "regionBaseUrls");
    let lost: Vec<_> = lost.filter_map(|step| step.key.as_deref()).collect();
    assert_eq!(lost, ["US", "XX"]);
}

#[test]
fn a_move_of_data_without_regions_is_not_lost_in_silence() {
    let migration = of_jira(r#""lifecycle": { "installed": "/i", "dare-migration": "/dare" }"#);
    let told = step(&migration, Part::Lifecycle, "dare-migration");
    assert_eq!((told.carried, &told.to), (Carried::ByHand, &None));
    has_not(&migration, "dare");
}

#[test]
fn keys_are_kept_and_new_ones_are_nobody_elses() {
    let migration = of_jira(
        r#""scopes": ["READ"], "translations": { "paths": { "de-DE": "/de.json" } },
           "cloudAppMigration": { "migrationWebhookPath": "/m" },
           "modules": {
             "webhooks": [
               { "event": "jira:issue_created", "url": "/1" },
               { "event": "jira:issue_updated", "url": "/2", "key": "mine" },
               { "event": "no_such_event", "url": "/3" }
             ],
             "webPanels": [{ "key": "webhook-1", "url": "/p", "name": { "value": "P" }, "location": "atl.jira.view.issue.right.context" }],
             "configurePage": { "key": "lifecycle-events", "url": "/c", "name": { "value": "C" } }
           }"#,
    );
    let keys = ["webhook-2", "mine", "webhook-3"].map(|key| format!("    - key: {key}\n"));
    for key in keys {
        has(&migration, &key);
    }
    has(
        &migration,
        "  jira:configurePage:\n    - key: lifecycle-events\n",
    );
    has(
        &migration,
        "  jira:lifecycle:\n    - key: lifecycle-events-1\n",
    );
    has(
        &migration,
        "  jira:translations:\n    - key: connect-translations\n      paths:\n        de-DE: /de.json\n",
    );
    has(
        &migration,
        "  jira:cloudAppMigration:\n    - key: app-migration\n      migrationWebhookPath: /m\n",
    );
    let known = step(&migration, Part::Webhook, "jira:issue_created");
    assert_eq!(known.forge, ["avi:jira:created:issue"]);
    assert_eq!(
        step(&migration, Part::Webhook, "no_such_event").fit,
        Some(Fit::None)
    );
    assert_eq!(
        step(&migration, Part::Module, "webPanels").forge,
        ["jira:issueGlance"]
    );
    let report = check_manifest(&migration.manifest, &Options::default());
    let errors: Vec<_> = report.findings.iter().map(|found| found.code).collect();
    assert!(!errors.contains(&"module/double-key"), "{errors:?}");
}

#[test]
fn what_has_no_place_is_said() {
    let migration = of_jira(
        r#""name": "App", "vendor": { "name": "V", "url": "https://v.example" }, "links": { "self": "/x" },
           "apiMigrations": { "signed-install": true }, "apiVersion": 2, "invented": 1,
           "lifecycle": { "installed": "/i", "enabled": "/e", "disabled": "/d" },
           "modules": {
             "jiraProfileTabPanels": [{ "key": "a", "url": "/a", "name": { "value": "A" } }],
             "spaceToolsTabs": [{ "key": "b", "url": "/b", "name": { "value": "B" } }],
             "inventedPages": [{ "key": "c" }],
             "webItems": ["not an object"]
           }"#,
    );
    is_right(&migration);
    for (part, name, carried) in [
        (Part::Field, "name", Carried::ByHand),
        (Part::Field, "vendor", Carried::ByHand),
        (Part::Field, "links", Carried::ByHand),
        (Part::Field, "apiMigrations", Carried::Impossible),
        (Part::Field, "apiVersion", Carried::Impossible),
        (Part::Field, "invented", Carried::Impossible),
        (Part::Lifecycle, "enabled", Carried::Impossible),
        (Part::Lifecycle, "disabled", Carried::Impossible),
        (Part::Module, "jiraProfileTabPanels", Carried::Impossible),
        (Part::Module, "spaceToolsTabs", Carried::Impossible),
        (Part::Module, "inventedPages", Carried::Impossible),
        (Part::Module, "webItems", Carried::Impossible),
    ] {
        let told = step(&migration, part, name);
        assert_eq!(told.carried, carried, "{told:?}");
        assert!(told.note.is_some(), "{told:?}");
    }
    for name in ["vendor", "links", "enabled:", "invented", "jiraProfile"] {
        has_not(&migration, name);
    }
}

#[test]
fn unsigned_apps_are_not_said_to_be_signed() {
    let source = jira(r#""scopes": ["PROJECT_ADMIN"]"#).replace("\"jwt\"", "\"none\"");
    let migration = moved(&source);
    is_right(&migration);
    has_not(&migration, "authentication:");
    let told = step(&migration, Part::Field, "authentication");
    assert_eq!(told.carried, Carried::Impossible);
}

#[test]
fn licences_and_editions_are_carried() {
    for (members, expected) in [
        (
            r#""enableLicensing": true"#,
            "  licensing:\n    enabled: true\nremotes",
        ),
        (
            r#""enableLicensing": false"#,
            "  licensing:\n    enabled: false\nremotes",
        ),
        (
            r#""editionsEnabled": true"#,
            "  licensing:\n    enabled: true\n    editionsEnabled: true\nremotes",
        ),
        (
            r#""editionsEnabled": true, "enableLicensing": false"#,
            "  licensing:\n    enabled: true\n    editionsEnabled: true\nremotes",
        ),
    ] {
        has(&of_jira(members), expected);
    }
    let template = of_jira(r#""enableLicensing": {{licensed}}"#);
    has_not(&template, "licensing:");
    let told = step(&template, Part::Field, "enableLicensing");
    assert_eq!(told.carried, Carried::ByHand);
}

#[test]
fn placeholders_become_variables_unless_they_have_a_value() {
    let source = r#"{ "key": "{{appKey}}", "baseUrl": "{{localBaseUrl}}", "authentication": { "type": "jwt" },
      "lifecycle": { "installed": "/installed" }, "scopes": ["READ", "PROJECT_ADMIN"],
      "modules": { "webItems": [{ "key": "x", "tooltip": { "value": "{{appKey}}" }, "url": "{{localBaseUrl}}/x?i={issue.key}",
        "name": { "value": "{{title}}" }, "location": "operations-work" }] } }"#;
    let migration = moved(source);
    is_right(&migration);
    let mut variables = migration.variables.clone();
    variables.sort();
    assert_eq!(variables, ["CONNECT_BASE_URL", "CONNECT_KEY", "TITLE"]);
    has(&migration, "    key: \"${CONNECT_KEY}\"\n");
    has(
        &migration,
        "      url: \"${CONNECT_BASE_URL}/x?i={issue.key}\"\n",
    );
    let options = Options {
        placeholders: Placeholders {
            local_base_url: Some("https://app.example.com".into()),
            app_key: Some("com.example.app".into()),
            ..Placeholders::default()
        },
        ..Options::default()
    };
    let migration = migrate(source, &options).expect("a manifest");
    is_right(&migration);
    has(&migration, "    key: com.example.app\n");
    has(&migration, "        value: com.example.app\n");
    assert_eq!(migration.variables, ["TITLE"]);
}

#[test]
fn an_address_without_https_is_asked_for() {
    let source = jira(r#""scopes": ["PROJECT_ADMIN"]"#);
    let migration = moved(&source.replace("https://app.example.com", "http://localhost:3000"));
    is_right(&migration);
    has_not(&migration, "localhost");
    assert_eq!(migration.variables, ["CONNECT_BASE_URL"]);
    let told = step(&migration, Part::Field, "baseUrl");
    assert_eq!(told.carried, Carried::ByHand);
}

/// Whatever a host takes, Forge takes; and all of it is said.
#[test]
fn every_sound_descriptor_becomes_a_sound_manifest() {
    let (mut sound, mut asked, mut wrong) = (0, 0, Vec::new());
    for sample in samples() {
        let report = check(&sample.source, &Options::default());
        if !report.is_ok() || report.product == Some(Product::Bitbucket) {
            continue;
        }
        let products = match report.product {
            Some(product) => vec![product],
            None => vec![Product::Confluence, Product::Jira],
        };
        asked += usize::from(report.product.is_none());
        for product in products {
            let options = Options {
                product: Some(product),
                ..Options::default()
            };
            // One that is right for another product only has modules which this one does not.
            if !check(&sample.source, &options).is_ok() {
                continue;
            }
            sound += 1;
            let migration = migrate(&sample.source, &options).expect("a manifest");
            let report = check_manifest(&migration.manifest, &Options::default());
            if !report.is_ok() {
                let errors = report
                    .findings
                    .iter()
                    .filter(|f| f.level == connect_validator::Level::Error);
                let errors: Vec<_> = errors.map(|f| (f.code, &f.pointer, &f.message)).collect();
                wrong.push(format!("{} {product}: {errors:#?}", sample.name));
            }
        }
    }
    println!("{sound} manifests, {asked} descriptors for either product");
    assert!(sound > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn template_tags_in_place_of_values_are_named() {
    let migration = of_jira(
        r#""scopes": ["READ"], "modules": { "webPanels": [
             { "key": "p", "url": "/p", "name": { "value": "P" }, "location": "x", "weight": {{weight}} } ] }"#,
    );
    let told = step(&migration, Part::Module, "webPanels");
    assert_eq!(told.carried, Carried::ByHand);
    has(&migration, "      weight: null\n");
    let without = r#"{ "key": "a.b", "authentication": { "type": "none" } }"#;
    let options = Options {
        product: Some(Product::Jira),
        ..Options::default()
    };
    let migration = migrate(without, &options).expect("a manifest");
    has(&migration, "    baseUrl: \"${CONNECT_BASE_URL}\"\n");
    assert_eq!(
        step(&migration, Part::Field, "baseUrl").carried,
        Carried::ByHand
    );
}
