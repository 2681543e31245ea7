//! Rules for `location`: where in the product something stands.

use super::known;
use crate::Product;
use crate::checker::Checker;
use crate::codes;
use crate::finding::Level;
use crate::json::{Node, quoted, shorten};
use crate::suggest::nearest;
use crate::table::lists;

/// Checks the location of a module; the walk is at the module.
pub(super) fn check<'t>(checker: &mut Checker<'t>, module_type: &str, node: &'t Node<'t>) {
    let Some(location) = node.get("location") else {
        return;
    };
    let Some(name) = location.as_str() else {
        return;
    };
    let product = checker.model.product;
    let panel = module_type == "webPanels";
    if !(panel || LOCATED.contains(&module_type)) || checker.options.placeholders.fill(name).opaque
    {
        return;
    }
    checker.member("location", |checker| {
        if panel && FORBIDDEN.contains(&name) && product != Some(Product::Confluence) {
            let message = format!("Jira takes no panels at `{name}`");
            checker.report(&codes::MODULE_FORBIDDEN_LOCATION, location.range, message);
            return;
        }
        let known = places(product, panel);
        if name == "none" || known.clone().any(|place| place == name) || is_own(checker, name) {
            return;
        }
        let elsewhere = places(None, panel).any(|place| place == name);
        // The part before the slash is a place, the part behind it a section in it, which may be anybody's.
        let in_place = name.split_once('/').is_some_and(|(place, _)| {
            places(None, panel)
                .any(|known| known == place || known.split('/').next() == Some(place))
        });
        let meant = nearest(name, known);
        if let Some(meant) = meant.filter(|_| !in_place) {
            let message = format!("`{}` is not a location", shorten(name));
            checker
                .report(&codes::MODULE_UNKNOWN_LOCATION, location.range, message)
                .did_you_mean(meant, vec![(location.range, quoted(meant))]);
        } else if let (true, Some(product)) = (elsewhere, product) {
            let message = format!("{product} has no location `{name}`: another product does");
            checker.report(&codes::MODULE_UNKNOWN_LOCATION, location.range, message);
        } else if !in_place {
            let message = format!("`{}` is not a location that is known here", shorten(name));
            checker
                .report(&codes::MODULE_UNKNOWN_LOCATION, location.range, message)
                .level(Level::Info)
                .help("if it is a section of another app or a new place, this is fine");
        }
    });
}

/// Whether the location names a web section of this app, with or without the key of the app before it.
fn is_own(checker: &Checker<'_>, name: &str) -> bool {
    name.split('/').any(|part| {
        let part = part.rsplit_once("__").map_or(part, |(_, key)| key);
        let index = checker.model.by_key.get(part);
        index.is_some_and(|index| {
            matches!(
                checker.model.modules[*index].module_type,
                "webSections" | "webItems"
            )
        }) || checker.model.has("webSections", part)
    })
}

fn places(product: Option<Product>, panel: bool) -> impl Iterator<Item = &'static str> + Clone {
    let items = known(
        product,
        lists::BITBUCKET_LOCATIONS,
        lists::CONFLUENCE_LOCATIONS,
        lists::JIRA_LOCATIONS,
    );
    let panels = known(
        product,
        lists::BITBUCKET_LOCATIONS,
        lists::CONFLUENCE_PANEL_LOCATIONS,
        lists::JIRA_PANEL_LOCATIONS,
    );
    // Panels are also shown in many places of links.
    panels.chain(items).filter(move |place| {
        panel || !place.starts_with("atl.jira.view") && !place.starts_with("atl.gh")
    })
}

const LOCATED: &[&str] = &[
    "adminPages",
    "configurePage",
    "generalPages",
    "postInstallPage",
    "webItems",
    "webSections",
];

/// Where Jira refuses panels.
const FORBIDDEN: &[&str] = &["atl.header.after.scripts"];
