//! The module types of descriptors as data: where a product shows each, and how.
//!
//! One row a type and one row a location; nothing else in the sandbox knows a type by name.

mod kinds;
mod locations;

use connect_core::Product;
use serde_json::Value;

use crate::descriptor::{Descriptor, Module};

/// A page of the product on which apps may show something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// In the navigation of every page.
    Everywhere,
    Admin,
    Agent,
    Board,
    Content,
    Dashboard,
    Editor,
    Issue,
    /// Nowhere: listed on the page of the app, to be looked at and fired.
    Nowhere,
    Portal,
    Profile,
    Project,
    ProjectSettings,
    Search,
    Space,
    SpaceTools,
    Workflow,
}

/// A part of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    /// Buttons beside the title.
    Actions,
    /// Under the title.
    Byline,
    /// Below everything.
    Foot,
    /// Under the content of the product.
    Main,
    /// In the menu of the view.
    Menu,
    /// Beside the content.
    Side,
    /// In tabs under the content.
    Tabs,
    /// Above the content.
    Top,
}

/// How a module looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// A button that opens a panel in the content.
    Content,
    /// Macro editors, custom content and the like: a part of the module, in a dialog.
    Dialog,
    /// A card with the module's title.
    Gadget,
    /// A line that opens a panel below itself.
    Glance,
    /// A link, or a button that opens a dialog: as its target says.
    Item,
    /// An iframe in a dynamic macro's place.
    Macro,
    /// Named, and no more.
    Named,
    /// A page of its own, to which the view links.
    Page,
    /// An iframe with its title.
    Panel,
    /// An iframe that nobody sees.
    Script,
    /// What the app answers, as a part of the page.
    Static,
    /// A tab with an iframe.
    Tab,
}

/// Where and how the modules of a type are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) view: View,
    pub(crate) zone: Zone,
    pub(crate) show: Show,
    /// Where in the module its address stands: a JSON pointer.
    pub(crate) url: &'static str,
    /// Its further addresses, by what they are for.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    /// What it is, in the words of people.
    pub(crate) what: &'static str,
}

/// Where one module is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) view: View,
    pub(crate) zone: Zone,
}

/// The row of a module type.
pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    kinds::KINDS.iter().find(|kind| kind.name == name)
}

impl Module {
    /// Its row of the table; types that the table does not know are listed only.
    pub(crate) fn row(&self) -> &'static Kind {
        kind(&self.kind).unwrap_or(&kinds::UNKNOWN)
    }

    /// Whether the host shows it as a page of its own.
    pub(crate) fn is_page(&self) -> bool {
        self.row().show == Show::Page && self.url.is_some()
    }

    /// What opening it means: `page`, `dialog`, `inlinedialog` or `dialogmodule`.
    pub(crate) fn target(&self) -> &str {
        let target = &self.raw["target"]["type"];
        match target.as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("dialog") => "dialog",
            Some("dialogmodule") => "dialogmodule",
            Some("inlinedialog") => "inlinedialog",
            _ => "page",
        }
    }

    /// The options of its dialog: beside the address, in the target, or around that of a part.
    pub(crate) fn dialog_options(&self, part: Option<&str>) -> Option<&Value> {
        if let Some(part) = part {
            let (_, pointer) = self.row().parts.iter().find(|(name, _)| *name == part)?;
            return self.raw.pointer(pointer.strip_suffix("/url")?);
        }
        let own = [&self.raw["options"], &self.raw["target"]["options"]];
        own.into_iter().find(|options| options.is_object())
    }
}

impl Descriptor {
    /// An address of a module as written: its own, or that of a part of it.
    pub(crate) fn address<'a>(&'a self, module: &'a Module, part: Option<&str>) -> Option<&'a str> {
        let kind = module.row();
        let pointer = match part {
            None => kind.url,
            Some(part) => kind.parts.iter().find(|(name, _)| *name == part)?.1,
        };
        let value = module.raw.pointer(pointer)?;
        // A component of custom content is a page module of the app.
        let component = || self.module(value["moduleKey"].as_str()?)?.url.as_deref();
        value
            .as_str()
            .or_else(|| value["url"].as_str())
            .or_else(component)
    }
}

/// Where a module is shown; nothing when its location is none that the sandbox knows.
pub(crate) fn spot(descriptor: &Descriptor, module: &Module, product: Product) -> Option<Spot> {
    let kind = module.row();
    let own = Spot {
        view: kind.view,
        zone: kind.zone,
    };
    let table = match kind.name {
        "webItems" | "webSections" => locations::ITEMS,
        "webPanels" => locations::PANELS,
        "jiraBackgroundScripts" => {
            let dashboard = module.raw["location"]["type"]
                .as_str()
                .is_some_and(|place| place.eq_ignore_ascii_case("dashboard"));
            let view = if dashboard {
                View::Dashboard
            } else {
                View::Issue
            };
            return Some(Spot { view, ..own });
        }
        _ => return Some(own),
    };
    let location = module.location.as_deref().unwrap_or_default();
    find(descriptor, table, product, location, SECTIONS_DEEP)
}

/// The table's row for a location; sections of the app are locations too, wherever they are.
fn find(
    descriptor: &Descriptor,
    table: &[locations::Row],
    product: Product,
    location: &str,
    deep: u8,
) -> Option<Spot> {
    let named = |name: &str| {
        let row = table
            .iter()
            .find(|row| row.product.is_none_or(|only| only == product) && row.fits(name));
        row.map(|row| Spot {
            view: row.view,
            zone: row.zone,
        })
    };
    let section = |name: &str| {
        let own = name.rsplit("__").next().unwrap_or(name);
        let sections = descriptor.modules.iter();
        let section = sections
            .filter(|module| module.kind == "webSections")
            .find(|module| module.key == own)?;
        let outer = section.location.as_deref().unwrap_or_default();
        let deep = deep.checked_sub(1)?;
        find(descriptor, locations::ITEMS, product, outer, deep)
    };
    let (first, second) = location.split_once('/').unwrap_or((location, ""));
    named(location)
        .or_else(|| section(location))
        .or_else(|| section(second))
        .or_else(|| section(first))
        .or_else(|| named(first))
}

/// Sections in sections in sections: far more than any product has, and an end to circles.
const SECTIONS_DEEP: u8 = 4;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn no_type_and_no_location_is_there_twice() {
        let mut seen = BTreeSet::new();
        assert!(kinds::KINDS.iter().all(|kind| seen.insert(kind.name)));
        for table in [locations::ITEMS, locations::PANELS] {
            let mut seen = BTreeSet::new();
            assert!(
                table
                    .iter()
                    .all(|row| seen.insert((row.product.map(Product::as_str), row.name)))
            );
        }
    }

    #[test]
    fn every_type_of_the_validator_has_a_row() {
        for product in [
            connect_validator::Product::Confluence,
            connect_validator::Product::Jira,
        ] {
            let schema = connect_validator::schema::descriptor(Some(product));
            let types = schema["properties"]["modules"]["properties"]
                .as_object()
                .unwrap();
            assert!(types.len() > 10);
            let missing: Vec<_> = types.keys().filter(|name| kind(name).is_none()).collect();
            assert!(missing.is_empty(), "{missing:?}");
        }
    }

    #[test]
    fn locations_are_found_through_sections() {
        let descriptor = json!({
            "key": "a", "name": "A", "baseUrl": "http://127.0.0.1:1", "apiVersion": 1,
            "authentication": { "type": "none" },
            "modules": {
                "webSections": [
                    { "key": "outer", "location": "admin_plugins_menu", "name": { "value": "Outer" } },
                    { "key": "circle", "location": "circle", "name": { "value": "Circle" } },
                ],
                "webItems": [
                    { "key": "plain", "location": "jira.issue.tools", "url": "/", "name": { "value": "1" } },
                    { "key": "below", "location": "operations-top-level/x", "url": "/", "name": { "value": "2" } },
                    { "key": "section", "location": "admin_plugins_menu/outer", "url": "/", "name": { "value": "3" } },
                    { "key": "full", "location": "a__outer", "url": "/", "name": { "value": "4" } },
                    { "key": "round", "location": "circle", "url": "/", "name": { "value": "5" } },
                    { "key": "unknown", "location": "some.unknown", "url": "/", "name": { "value": "6" } },
                ],
            },
        });
        let descriptor =
            Descriptor::parse(descriptor.to_string().as_bytes(), Product::Jira).unwrap();
        let view = |key: &str| {
            let module = descriptor.module(key).unwrap();
            spot(&descriptor, module, Product::Jira).map(|spot| spot.view)
        };
        assert_eq!(view("plain"), Some(View::Issue));
        assert_eq!(view("below"), Some(View::Issue));
        assert_eq!(view("section"), Some(View::Admin));
        assert_eq!(view("full"), Some(View::Admin));
        assert_eq!(view("round"), None);
        assert_eq!(view("unknown"), None);
    }
}
