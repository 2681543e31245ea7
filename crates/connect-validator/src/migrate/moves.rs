//! Goes through a descriptor, part by part.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::manifest::Manifest;
use super::modules::Native;
use super::texts::Texts;
use super::{Carried, Fit, Migration, Part, Step, events, fields, modules, places};
use crate::block::Block;
use crate::json::{Member, Node, Object, Value, shorten};
use crate::manifest::prefix;
use crate::model::Model;
use crate::table::{NOT_MODULES, module_type};
use crate::{Placeholders, Product};

pub(super) fn move_all<'t>(
    root: &'t Node<'t>,
    model: &Model<'t>,
    product: Product,
    values: &'t Placeholders,
) -> Migration {
    let mut mover = Mover {
        product,
        texts: Texts::new(values, root.get("key").and_then(Node::as_str)),
        keys: model
            .modules
            .iter()
            .map(|module| module.key.to_owned())
            .collect(),
        numbers: HashMap::new(),
        steps: Vec::new(),
        manifest: Manifest::new(),
    };
    mover.modules(root);
    fields::lifecycle(&mut mover, root);
    fields::scopes(&mut mover, root);
    fields::top(&mut mover, root);
    mover.placeholders();
    let mut steps = mover.steps;
    steps.sort_by_key(|step| step.part);
    let variables: Vec<_> = mover
        .texts
        .variables
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    Migration {
        key: mover.manifest.key.clone(),
        product,
        differences: fields::differences(&steps),
        manifest: mover.manifest.text(&variables),
        steps,
        variables,
    }
}

/// What is gathered on the way.
pub(super) struct Mover<'t> {
    pub(super) product: Product,
    pub(super) texts: Texts<'t>,
    /// Every key that a module has or was given.
    keys: HashSet<String>,
    /// The last number given to keys of a word.
    numbers: HashMap<String, usize>,
    pub(super) steps: Vec<Step>,
    pub(super) manifest: Manifest,
}

impl Mover<'_> {
    /// A value of the descriptor as the manifest has it.
    pub(super) fn block(&mut self, node: &Node<'_>) -> Block {
        Block::of(node, &mut |text| self.texts.fill(text))
    }

    /// A key that no module has yet: the word itself, or with a number behind it.
    pub(super) fn new_key(&mut self, word: &str) -> String {
        if self.keys.insert(word.to_owned()) {
            return word.to_owned();
        }
        self.numbered(word)
    }

    fn numbered(&mut self, word: &str) -> String {
        let number = self.numbers.entry(word.to_owned()).or_default();
        loop {
            *number += 1;
            let key = format!("{word}-{number}");
            if self.keys.insert(key.clone()) {
                return key;
            }
        }
    }

    /// The name of a Connect module in a manifest.
    pub(super) fn name(&self, module_type: &str) -> String {
        format!("{}:{module_type}", prefix(self.product))
    }

    /// Puts a module under `connectModules`, and says where that is.
    pub(super) fn carry(&mut self, module_type: &str, native: &[&str], entry: Block) -> String {
        let name = self.name(module_type);
        self.manifest.carry(&name, native, entry);
        format!("connectModules.{name}")
    }

    fn modules(&mut self, root: &Node<'_>) {
        let Some(node) = root.get("modules") else {
            return;
        };
        let Some(object) = node.as_object() else {
            let step = Step::new(Part::Field, "modules", Carried::Impossible);
            self.steps.push(step.note("not an object"));
            return;
        };
        for member in counting(object) {
            let one = std::slice::from_ref(&member.value);
            for item in member.value.as_array().unwrap_or(one) {
                self.module(member.written(), item);
            }
        }
    }

    fn module(&mut self, kind: &str, node: &Node<'_>) {
        let key = node
            .get("key")
            .and_then(Node::as_str)
            .map(|key| self.texts.fill(key));
        let part = match kind {
            "webhooks" => Part::Webhook,
            _ => Part::Module,
        };
        let event = node.get("event").and_then(Node::as_str);
        let name = match part {
            Part::Webhook => event.unwrap_or(kind),
            _ => kind,
        };
        let step = |carried| Step::new(part, name, carried);
        if module_type(kind, Some(self.product)).is_none() {
            let step = step(Carried::Impossible).key(key.as_deref());
            return self.steps.push(step.note(why_not(kind)));
        }
        let Block::Map(mut members) = self.block(node) else {
            return self
                .steps
                .push(step(Carried::Impossible).note("not an object"));
        };
        let key = key.unwrap_or_else(|| match part {
            Part::Webhook => self.numbered("webhook"),
            _ => self.new_key(kind),
        });
        members.retain(|(name, _)| name != "key");
        members.insert(0, ("key".to_owned(), Block::text(&key)));
        let native = native(self.product, kind, event, node);
        let place = self.carry(kind, native.forge, Block::Map(members));
        let carried = match holes(node) {
            0 => step(Carried::Automatic).note(native.note),
            _ => step(Carried::ByHand)
                .note("has a template tag in place of a value: `null` in the manifest"),
        };
        let step = carried
            .key(Some(&key))
            .to(place)
            .forge(native.forge, native.fit);
        self.steps.push(step);
    }

    /// What nobody gave a value is asked for at each deploy.
    fn placeholders(&mut self) {
        for (variable, written) in &self.texts.variables {
            let step = Step::new(Part::Placeholder, &shorten(written), Carried::ByHand);
            self.steps.push(
                step.to(format!("environment.variables.{variable}"))
                    .note(format!("set `{variable}` wherever you deploy")),
            );
        }
    }
}

/// The members that count: of those with the same name, the last one.
pub(super) fn counting<'n, 't>(object: &'n Object<'t>) -> impl Iterator<Item = &'n Member<'t>> {
    let mut last = HashMap::new();
    for (index, member) in object.members.iter().enumerate() {
        last.insert(member.written(), index);
    }
    let members = object.members.iter().enumerate();
    members.filter_map(move |(index, member)| {
        (last.get(member.written()) == Some(&index)).then_some(member)
    })
}

/// How many values nobody but a template engine knows.
fn holes(node: &Node<'_>) -> usize {
    match &node.value {
        Value::Array(array) => array.items.iter().map(holes).sum(),
        Value::Object(object) => object.members.iter().map(|m| holes(&m.value)).sum(),
        Value::Opaque => 1,
        _ => 0,
    }
}

/// What Forge has in place of a module.
fn native(product: Product, kind: &str, event: Option<&str>, node: &Node<'_>) -> Native {
    if kind == "webhooks" {
        let found = event.and_then(|event| events::native(product, event));
        let Some((events, scopes)) = found else {
            return Native::nothing("no event of Forge is documented in its place");
        };
        let note = match scopes {
            [] => Cow::Borrowed(""),
            _ => format!("a trigger needs the scope `{}`", scopes.join("` and `")).into(),
        };
        return Native::new(events, Fit::Direct, note);
    }
    if let "webItems" | "webPanels" = kind {
        let location = node
            .get("location")
            .and_then(Node::as_str)
            .unwrap_or_default();
        let found = places::native(product, kind, location);
        return match found {
            Some((forge, fit)) => Native::new(forge, fit, ""),
            None => Native::nothing(format!("nothing is documented for `{}`", shorten(location))),
        };
    }
    modules::native(product, kind).unwrap_or_else(|| Native::nothing(""))
}

/// The reason why a module type has no place in the manifest.
fn why_not(kind: &str) -> String {
    if let Some((_, why)) = NOT_MODULES.iter().find(|(name, _)| *name == kind) {
        return (*why).to_owned();
    }
    match module_type(kind, None).and_then(|module| module.products.only()) {
        Some(product) => format!("a module of {product}: give it a descriptor of its own"),
        None => "no module type of Connect".to_owned(),
    }
}
