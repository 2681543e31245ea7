//! What rules need to know of the rest of the descriptor while they look at one place.

use std::collections::{HashMap, HashSet};

use crate::json::{Node, Range};
use crate::table::{MODULE_TYPES, lists};
use crate::{Options, Product};

/// An overview of a descriptor, made before any rule runs.
#[derive(Debug, Default)]
pub(crate) struct Model<'t> {
    pub(crate) product: Option<Product>,
    pub(crate) product_reason: &'static str,
    /// `baseUrl` as written.
    pub(crate) base_url: Option<&'t str>,
    /// Every module with a key, in the order of the file.
    pub(crate) modules: Vec<Keyed<'t>>,
    /// From key to the place in `modules` of the first module that has it.
    pub(crate) by_key: HashMap<&'t str, usize>,
    /// Type and key of every module.
    types_and_keys: HashSet<(&'t str, &'t str)>,
}

/// A module and its key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keyed<'t> {
    pub(crate) module_type: &'t str,
    pub(crate) key: &'t str,
    pub(crate) key_range: Range,
    pub(crate) index: Option<usize>,
}

impl<'t> Model<'t> {
    pub(crate) fn new(root: &'t Node<'t>, options: &Options) -> Self {
        let modules = modules(root);
        let mut by_key = HashMap::new();
        for (index, module) in modules.iter().enumerate() {
            by_key.entry(module.key).or_insert(index);
        }
        let types_and_keys = modules.iter().map(|m| (m.module_type, m.key)).collect();
        let (product, product_reason) = match options.product {
            Some(product) => (Some(product), "named by the caller"),
            None => guess(root),
        };
        Self {
            product,
            product_reason,
            base_url: root.get("baseUrl").and_then(Node::as_str),
            modules,
            by_key,
            types_and_keys,
        }
    }

    /// The overview of a manifest, whose modules were gathered already.
    pub(crate) fn of_manifest(modules: Vec<Keyed<'t>>, base_url: Option<&'t str>) -> Self {
        let mut by_key = HashMap::new();
        for (index, module) in modules.iter().enumerate() {
            by_key.entry(module.key).or_insert(index);
        }
        Self {
            product: None,
            product_reason: "by its Connect modules",
            base_url,
            types_and_keys: modules.iter().map(|m| (m.module_type, m.key)).collect(),
            modules,
            by_key,
        }
    }

    /// Whether there is a module of this key and type; of any type if that is empty.
    pub(crate) fn has(&self, module_type: &str, key: &str) -> bool {
        match module_type {
            "" => self.by_key.contains_key(key),
            module_type => self.types_and_keys.contains(&(module_type, key)),
        }
    }

    /// Some keys of modules of this type, or of any: enough to find the one most likely meant.
    pub(crate) fn some_keys(&self, module_type: &str) -> impl Iterator<Item = &'t str> {
        let right = move |m: &&Keyed<'_>| module_type.is_empty() || m.module_type == module_type;
        self.modules
            .iter()
            .take(500)
            .filter(right)
            .map(|module| module.key)
    }
}

fn modules<'t>(root: &'t Node<'t>) -> Vec<Keyed<'t>> {
    let mut found = Vec::new();
    let members = root.get("modules").and_then(Node::as_object);
    for member in members.iter().flat_map(|object| &object.members) {
        let mut add = |node: &'t Node<'t>, index| {
            let key = node.get("key");
            if let Some((key, range)) = key.and_then(|key| Some((key.as_str()?, key.range))) {
                found.push(Keyed {
                    module_type: &member.key,
                    key,
                    key_range: range,
                    index,
                });
            }
        };
        match member.value.as_array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    add(item, Some(index));
                }
            }
            None => add(&member.value, None),
        }
    }
    found
}

/// The product that a descriptor was written for, by what only one product has.
fn guess(root: &Node<'_>) -> (Option<Product>, &'static str) {
    let mut votes = [0_usize; 3];
    if root.get("contexts").is_some() {
        return (Some(Product::Bitbucket), "`contexts` is Bitbucket's");
    }
    let members = root.get("modules").and_then(Node::as_object);
    for member in members.iter().flat_map(|object| &object.members) {
        let mut same_name = MODULE_TYPES.iter().filter(|m| m.name == member.key);
        if let (Some(only), None) = (same_name.next(), same_name.next())
            && let Some(product) = only.products.only()
        {
            votes[product as usize] += 1;
        }
    }
    if let Some(product) = winner(votes) {
        return (Some(product), "by its module types");
    }
    if votes.iter().any(|votes| *votes > 0) {
        return (None, "it has modules of several products");
    }
    let (of_scopes, votes) = (scope_votes(root), location_votes(root));
    if let Some(product) = winner(of_scopes) {
        return (Some(product), "by its scopes");
    }
    match winner(votes) {
        Some(product) => (Some(product), "by the places and events it names"),
        None if votes.iter().any(|votes| *votes > 0) => {
            (None, "it names places of several products")
        }
        None => (None, "it fits several products"),
    }
}

fn scope_votes(root: &Node<'_>) -> [usize; 3] {
    let mut votes = [0; 3];
    let scopes = root
        .get("scopes")
        .and_then(Node::as_array)
        .unwrap_or_default();
    for scope in scopes.iter().filter_map(Node::as_str) {
        match scope.to_ascii_lowercase().as_str() {
            "project_admin" => votes[Product::Jira as usize] += 1,
            "space_admin" => votes[Product::Confluence as usize] += 1,
            scope if lists::BITBUCKET_SCOPES.contains(&scope) => {
                votes[Product::Bitbucket as usize] += 1;
            }
            _ => {}
        }
    }
    votes
}

fn location_votes(root: &Node<'_>) -> [usize; 3] {
    let mut votes = [0; 3];
    let members = root.get("modules").and_then(Node::as_object);
    for member in members.iter().flat_map(|object| &object.members) {
        let one = std::slice::from_ref(&member.value);
        for node in member.value.as_array().unwrap_or(one) {
            let text = |name| node.get(name).and_then(Node::as_str).unwrap_or_default();
            let (location, event) = (text("location"), text("event"));
            for (product, places, panels, events) in SIGNS {
                let elsewhere = |list: &dyn Fn(&Signs) -> &'static [&'static str], name: &str| {
                    SIGNS
                        .iter()
                        .any(|s| s.0 != *product && list(s).contains(&name))
                };
                let place = (places.contains(&location) && !elsewhere(&|s| s.1, location))
                    || (panels.contains(&location) && !elsewhere(&|s| s.2, location));
                let event = events.contains(&event) && !elsewhere(&|s| s.3, event);
                votes[*product as usize] += usize::from(place) + usize::from(event);
            }
        }
    }
    votes
}

fn winner(votes: [usize; 3]) -> Option<Product> {
    let products = [Product::Bitbucket, Product::Confluence, Product::Jira];
    let mut voted = products.into_iter().filter(|p| votes[*p as usize] > 0);
    voted.next().filter(|_| voted.next().is_none())
}

/// Locations, panel locations and events of a product.
type Signs = (
    Product,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

static SIGNS: &[Signs] = &[
    (
        Product::Bitbucket,
        lists::BITBUCKET_LOCATIONS,
        lists::BITBUCKET_LOCATIONS,
        lists::BITBUCKET_EVENTS,
    ),
    (
        Product::Confluence,
        lists::CONFLUENCE_LOCATIONS,
        lists::CONFLUENCE_PANEL_LOCATIONS,
        lists::CONFLUENCE_EVENTS,
    ),
    (
        Product::Jira,
        lists::JIRA_LOCATIONS,
        lists::JIRA_PANEL_LOCATIONS,
        lists::JIRA_EVENTS,
    ),
];
