//! What stands at the top of a descriptor, and what behaves differently afterwards.

use super::manifest::REMOTE;
use super::moves::{Mover, counting};
use super::{Carried, Fit, Part, Step};
use crate::Product;
use crate::block::Block;
use crate::json::{Node, Value, shorten};
use crate::manifest::prefix;
use crate::table::DESCRIPTOR;

/// The callbacks: those that Forge still calls are one entry together.
pub(super) fn lifecycle(mover: &mut Mover<'_>, root: &Node<'_>) {
    let Some(node) = root.get("lifecycle") else {
        return;
    };
    let Some(object) = node.as_object() else {
        let step = Step::new(Part::Field, "lifecycle", Carried::Impossible);
        return mover.steps.push(step.note("not an object"));
    };
    let mut entry = Vec::new();
    for member in counting(object) {
        let name = member.written();
        let step = |carried| Step::new(Part::Lifecycle, name, carried);
        let place = format!("connectModules.{}", mover.name("lifecycle"));
        let step = match name {
            "installed" => step(Carried::Automatic)
                .to(place)
                .forge(&["avi:forge:installed:app"], Fit::Caveats)
                .note("sent when the app is installed, not when a site is updated by itself"),
            "uninstalled" => step(Carried::Automatic)
                .to(place)
                .forge(&["preUninstall"], Fit::Caveats)
                .note("a module of its own: 55 s, and nothing waits for its answer"),
            "disabled" | "enabled" => {
                let note = "Forge never sends it: what it does belongs into `installed`";
                step(Carried::Impossible).forge(&[], Fit::None).note(note)
            }
            "dare-migration" => {
                let step = residency(mover, root, &member.value);
                mover.steps.push(step);
                continue;
            }
            _ => step(Carried::Impossible).note("no callback of Connect"),
        };
        if step.carried == Carried::Automatic {
            let path = mover.block(&member.value);
            entry.push((name.to_owned(), path));
        }
        mover.steps.push(step);
    }
    if !entry.is_empty() {
        let key = mover.new_key("lifecycle-events");
        entry.insert(0, ("key".to_owned(), Block::text(&key)));
        mover.carry("lifecycle", &[], Block::Map(entry));
    }
}

/// Data that moves between regions: a module of Forge, which needs a remote with regions.
fn residency(mover: &mut Mover<'_>, root: &Node<'_>, path: &Node<'_>) -> Step {
    let step = |carried| Step::new(Part::Lifecycle, "dare-migration", carried);
    if root.get("regionBaseUrls").is_none() {
        let note = "only an app with `regionBaseUrls` moves data: add regions to `remotes` first";
        return step(Carried::ByHand).note(note);
    }
    let key = mover.new_key("data-residency");
    let mut entry = vec![
        ("key".to_owned(), Block::text(&key)),
        ("remote".to_owned(), Block::text(REMOTE)),
        ("path".to_owned(), mover.block(path)),
    ];
    let residency = root.get("dataResidency");
    let hours = residency.and_then(|node| node.get("maxMigrationDurationHours"));
    // Connect's default is not Forge's.
    let hours = hours.map_or(Block::Scalar("2".to_owned()), |hours| mover.block(hours));
    entry.push(("maxMigrationDurationHours".to_owned(), hours));
    mover.manifest.residency = Some(Block::Map(entry));
    step(Carried::ByHand)
        .to("modules.migration:dataResidency")
        .forge(&["migration:dataResidency"], Fit::Caveats)
        .note("in the manifest, but signed by Forge: the server must check invocation tokens there")
}

/// The scopes, each once.
pub(super) fn scopes(mover: &mut Mover<'_>, root: &Node<'_>) {
    let Some(node) = root.get("scopes") else {
        return;
    };
    let Some(items) = node.as_array() else {
        let step = Step::new(Part::Field, "scopes", Carried::Impossible);
        return mover.steps.push(step.note("not a list"));
    };
    for item in items {
        let written = item
            .as_str()
            .map_or_else(|| item.kind().to_owned(), |text| mover.texts.fill(text));
        let step = |carried| Step::new(Part::Scope, &shorten(&written), carried);
        let name = written.to_ascii_uppercase();
        let step = match scope(mover.product, &name) {
            _ if name == "NONE" => step(Carried::Automatic)
                .note("left out: it asks for nothing, and Forge has no such scope"),
            Some(scope) if mover.manifest.scopes.contains(&scope) => step(Carried::Automatic)
                .to(PLACE_OF_SCOPES)
                .note("stands twice"),
            Some(scope) => {
                mover.manifest.scopes.push(scope.clone());
                step(Carried::Automatic).to(format!("{PLACE_OF_SCOPES}: {scope}"))
            }
            None => step(Carried::Impossible).note(format!(
                "no scope that Connect modules of {} have",
                mover.product
            )),
        };
        mover.steps.push(step);
    }
}

/// The Forge scope that keeps what this one allows.
fn scope(product: Product, name: &str) -> Option<String> {
    let own = match product {
        Product::Confluence => "SPACE_ADMIN",
        _ => "PROJECT_ADMIN",
    };
    let known = SCOPES.contains(&name) || name == own;
    let name = name.to_ascii_lowercase().replace('_', "-");
    known.then(|| format!("{name}:connect-{}", prefix(product)))
}

const PLACE_OF_SCOPES: &str = "permissions.scopes";

const SCOPES: &[&str] = &[
    "ACCESS_EMAIL_ADDRESSES",
    "ACT_AS_USER",
    "ADMIN",
    "DELETE",
    "READ",
    "WRITE",
];

/// Everything else at the top.
pub(super) fn top(mover: &mut Mover<'_>, root: &Node<'_>) {
    for member in root.as_object().into_iter().flat_map(counting) {
        let name = member.written();
        let node = &member.value;
        let step = |carried| Step::new(Part::Field, &shorten(name), carried);
        let step = match name {
            "lifecycle" | "modules" | "scopes" => continue,
            _ if matches!(node.value, Value::Opaque) => {
                step(Carried::ByHand).note("a template tag in place of a value: write it yourself")
            }
            "apiMigrations" => step(Carried::Impossible)
                .note("a manifest has no such field; installs are signed in any case"),
            "apiVersion" | "version" => step(Carried::Impossible)
                .note("Forge counts versions: what needs consent makes a new major one"),
            "authentication" => authentication(mover, node),
            "baseUrl" => base_url(mover, root, node.as_str().unwrap_or_default()),
            "cloudAppMigration" => {
                let key = mover.new_key("app-migration");
                top_module(mover, name, node, &key)
            }
            "dataResidency" => match mover.manifest.residency {
                Some(_) => step(Carried::Automatic).to("modules.migration:dataResidency"),
                None => step(Carried::ByHand)
                    .note("means something with `regionBaseUrls` and `dare-migration` only"),
            },
            "editionsEnabled" | "enableLicensing" => licensing(mover, root, name, node),
            "key" => {
                mover.manifest.key = mover.texts.fill(node.as_str().unwrap_or_default());
                step(Carried::Automatic).to("app.connect.key")
            }
            "description" | "name" | "vendor" => step(Carried::ByHand)
                .note("not in a manifest: `forge register` asks for a name, the developer console has the rest"),
            "links" => step(Carried::ByHand)
                .note("not in a manifest: pages of the app are named in its Marketplace listing"),
            "regionBaseUrls" => step(Carried::ByHand)
                .to("remotes.baseUrl")
                .note("in the manifest with `inScopeEUD: true`: say whether it stores data of end users"),
            "translations" => {
                let key = mover.new_key("connect-translations");
                top_module(mover, name, node, &key)
            }
            _ if DESCRIPTOR.field(name).is_some() => {
                step(Carried::Impossible).note("a manifest has no such field")
            }
            _ => step(Carried::Impossible).note("no field of a descriptor, and none of a manifest"),
        };
        mover.steps.push(step);
    }
    if root.get("baseUrl").is_none() {
        let step = base_url(mover, root, "baseUrl");
        mover.steps.push(step);
    }
}

fn authentication(mover: &mut Mover<'_>, node: &Node<'_>) -> Step {
    let step = |carried| Step::new(Part::Field, "authentication", carried);
    let kind = node.get("type").and_then(Node::as_str).unwrap_or("jwt");
    mover.manifest.signed = kind.eq_ignore_ascii_case("jwt");
    match mover.manifest.signed {
        true => step(Carried::Automatic).to("app.connect.authentication"),
        false => step(Carried::Impossible).note(format!(
            "`{}` is left out: Forge knows `jwt` only",
            shorten(kind)
        )),
    }
}

/// The server of the app, by region if it has several.
fn base_url(mover: &mut Mover<'_>, root: &Node<'_>, written: &str) -> Step {
    let step = |carried| Step::new(Part::Field, "baseUrl", carried).to("remotes.baseUrl");
    let (mut found, mut told) = (mover.texts.fill(written), step(Carried::Automatic));
    if let Some(given) = mover.texts.base_url() {
        given.clone_into(&mut found);
    } else if !may_be_called(&found) {
        found = mover.texts.variable("localBaseUrl", written);
        told = step(Carried::ByHand).note("Forge calls https only: give the app's address");
    }
    let regions = root.get("regionBaseUrls").and_then(Node::as_object);
    let mut all = vec![("default".to_owned(), Block::text(&found))];
    for member in regions.into_iter().flat_map(counting) {
        let (name, url) = (member.written(), member.value.as_str().unwrap_or_default());
        let url = mover.texts.fill(url);
        if REGIONS.contains(&name) && may_be_called(&url) {
            all.push((name.to_owned(), Block::text(&url)));
            continue;
        }
        let step = Step::new(Part::Field, "regionBaseUrls", Carried::Impossible);
        let note = "left out: no region of Forge, or no address with https";
        mover.steps.push(step.key(Some(&shorten(name))).note(note));
    }
    mover.manifest.stores = all.len() > 1;
    mover.manifest.base_url = match mover.manifest.stores {
        true => Block::Map(all),
        false => Block::text(&found),
    };
    told
}

/// Whether Forge would call this address.
fn may_be_called(url: &str) -> bool {
    let is_https = url
        .get(..8)
        .is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    url.starts_with("${") || is_https && url.len() > 8
}

/// The regions of Forge's remotes.
const REGIONS: &[&str] = &[
    "AU", "CA", "CH", "DE", "EU", "GB", "IN", "JP", "KR", "SG", "US",
];

/// What is a field in a descriptor and a module in a manifest.
fn top_module(mover: &mut Mover<'_>, name: &str, node: &Node<'_>, key: &str) -> Step {
    let step = |carried| Step::new(Part::Field, name, carried);
    let Block::Map(mut members) = mover.block(node) else {
        return step(Carried::Impossible).note("not an object");
    };
    members.retain(|(name, _)| name != "key");
    members.insert(0, ("key".to_owned(), Block::text(key)));
    let place = mover.carry(name, &[], Block::Map(members));
    step(Carried::Automatic).to(place)
}

fn licensing(mover: &mut Mover<'_>, root: &Node<'_>, name: &str, node: &Node<'_>) -> Step {
    let step = |carried| Step::new(Part::Field, name, carried);
    if node.as_bool().is_none() {
        let note = "neither true nor false: write `app.licensing` yourself";
        return step(Carried::ByHand).note(note);
    }
    let is_true = |name| root.get(name).and_then(Node::as_bool) == Some(true);
    let editions = is_true("editionsEnabled");
    // Editions are sold, so that they need a licence.
    let enabled = is_true("enableLicensing") || editions;
    let mut members = vec![("enabled", enabled)];
    if editions {
        members.push(("editionsEnabled", true));
    }
    let block = |(name, value): (&str, bool)| (name.to_owned(), Block::Scalar(value.to_string()));
    mover.manifest.licensing = members.into_iter().map(block).collect();
    step(Carried::Automatic).to("app.licensing")
}

/// What behaves differently once Forge carries the app.
pub(super) fn differences(steps: &[Step]) -> Vec<&'static str> {
    let has = |part, name: &str| {
        steps
            .iter()
            .any(|step| step.part == part && step.name == name)
    };
    let mut all = Vec::new();
    if has(Part::Lifecycle, "installed") {
        all.push(
            "A site that is updated by itself sends no `installed`: keep the tenant's secret, and do not wait for a \
             new one.",
        );
    }
    if has(Part::Lifecycle, "uninstalled") {
        all.push("Going over removes the Connect version without an `uninstalled`.");
    }
    if has(Part::Lifecycle, "enabled") || has(Part::Lifecycle, "disabled") {
        all.push("`enabled` and `disabled` are never sent.");
    }
    if steps.iter().any(|step| step.part == Part::Module) {
        all.push(
            "Modules of Forge are closed to people without a licence and to anonymous ones, unless they say \
             `unlicensedAccess`.",
        );
    }
    if has(Part::Field, "enableLicensing") || has(Part::Field, "editionsEnabled") {
        all.push("Sites whose licence is suspended cannot go over before they subscribe again.");
    }
    all.push(
        "Another address of the server is a new major version: administrators are asked again.",
    );
    all.push("Atlassian carries over apps of the Marketplace; Connect modules in a new Forge app are not supported.");
    all
}
