//! Any bytes as the body of a lifecycle call.
#![no_main]

use std::sync::LazyLock;

use connect_core::{
    AllowedHosts, AppKey,
    lifecycle::{InstallPolicy, LifecycleCall, LifecycleEvent, MIN_SECRET},
    time::Seconds,
};
use libfuzzer_sys::fuzz_target;

static POLICY: LazyLock<InstallPolicy> = LazyLock::new(|| InstallPolicy {
    app_key: AppKey::parse("org.sample.planner").unwrap(),
    allowed_hosts: AllowedHosts::parse(["*.atlassian.net", "*.jira.com"]).unwrap(),
    secret_grace: Seconds(60),
});

fuzz_target!(|data: &[u8]| {
    let Ok(call) = LifecycleCall::parse(data) else {
        return;
    };
    assert!(!call.details.contains_key("sharedSecret"));
    let shown = format!("{call:?}");
    if let Some(secret) = call.shared_secret.as_ref().filter(|secret| secret.len() >= 16) {
        let text = String::from_utf8_lossy(data);
        // Shown only if the caller also put it elsewhere.
        assert!(!shown.contains(secret.expose()) || text.matches(secret.expose()).count() > 1);
    }
    for event in [
        LifecycleEvent::Disabled,
        LifecycleEvent::Enabled,
        LifecycleEvent::Installed,
        LifecycleEvent::Uninstalled,
    ] {
        if call.precheck(event, &POLICY).is_ok() {
            assert_eq!(call.event, event);
            assert_eq!(call.key.as_str(), "org.sample.planner");
            let origin = call.base_url.origin();
            assert!(origin.starts_with("https://"), "{origin}");
            assert!(origin.ends_with(".atlassian.net") || origin.ends_with(".jira.com"), "{origin}");
            if event == LifecycleEvent::Installed {
                assert!(call.shared_secret.as_ref().is_some_and(|secret| secret.len() >= MIN_SECRET));
            }
        }
    }
});
