//! What the apps of a site bring to one page of the product: every module in its zone, in order,
//! and what a condition keeps away, with the reason.

use std::collections::BTreeMap;

use minijinja::{Value as Shown, context};
use serde_json::Value;

use crate::{
    descriptor::Module,
    pages::{
        Viewer,
        conditions::{self, Situation, Verdict},
        iframe::{self, Wanted},
        macros,
        modules::{self, Show, View, Zone},
    },
    state::{App, Shared, Site, lock},
    urls,
};

/// The modules on a page.
#[derive(Debug, Default)]
pub(crate) struct Placed {
    zones: BTreeMap<&'static str, Vec<(i64, Shown)>>,
    /// Modules that belong here and are not shown.
    pub(crate) hidden: Vec<Shown>,
    /// What the page's script must know of the frames in it.
    pub(crate) frames: Vec<Value>,
    /// By key of the app: what opens further frames of it.
    pub(crate) tickets: BTreeMap<String, String>,
    /// Where `AP.navigator.getLocation` says one is.
    pub(crate) location: Option<Value>,
}

/// A page's host, visitor and place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) site: &'a Site,
    pub(crate) viewer: &'a Viewer,
}

impl Scene<'_> {
    pub(crate) fn judge(&self, app: &App, module: &Module) -> Verdict {
        let situation = Situation {
            site: self.site,
            app,
            viewer: self.viewer,
        };
        conditions::judge(&module.raw["conditions"], situation)
    }
}

impl Placed {
    /// Adds all that apps show on a view.
    pub(crate) fn add_view(&mut self, scene: Scene<'_>, view: View) {
        for app in scene.site.apps() {
            self.add_app(scene, &app, view);
        }
    }

    /// Adds what one app shows on a view: nothing when it is switched off.
    pub(crate) fn add_app(&mut self, scene: Scene<'_>, app: &App, view: View) {
        let modules = app.descriptor.modules.iter().filter(|_| app.enabled);
        for module in modules.filter(|module| module.kind != "webSections") {
            let spot = modules::spot(&app.descriptor, module, scene.site.product);
            let Some(spot) = spot.filter(|spot| spot.view == view) else {
                continue;
            };
            let verdict = scene.judge(app, module);
            if verdict.shown {
                self.add(scene, app, module, spot.zone);
            } else {
                self.hidden.push(context! {
                    name => module.name.as_str(),
                    app => app.descriptor.name.as_str(),
                    kind => module.kind.as_str(),
                    key => module.key.as_str(),
                    notes => notes(&verdict),
                });
            }
        }
    }

    fn add(&mut self, scene: Scene<'_>, app: &App, module: &Module, zone: Zone) {
        let show = module.row().show;
        self.add_ticket(scene, app);
        let frame = match show {
            Show::Gadget | Show::Macro | Show::Panel | Show::Script => {
                self.frame(scene, app, module, Wanted::default())
            }
            _ => None,
        };
        let entry = context! {
            show => show.name(),
            frame,
            status => (show == Show::Glance).then(|| status(scene, app, module)).flatten(),
            ..described(scene, app, module)
        };
        let entries = self.zones.entry(zone.name()).or_default();
        entries.push((module.weight, entry));
    }

    /// Adds one part of a module as a panel.
    pub(crate) fn add_part(&mut self, scene: Scene<'_>, app: &App, module: &Module, part: &str) {
        let wanted = Wanted {
            part: Some(part),
            ..Wanted::default()
        };
        let frame = self.frame(scene, app, module, wanted);
        let show = Show::Panel.name();
        let entry = context! { show, frame, ..described(scene, app, module) };
        let entries = self.zones.entry(Zone::Main.name()).or_default();
        entries.push((i64::MIN, entry));
    }

    fn frame(
        &mut self,
        scene: Scene<'_>,
        app: &App,
        module: &Module,
        wanted: Wanted<'_>,
    ) -> Option<Shown> {
        let viewer = alone(scene, app, module);
        let show = module.row().show.name();
        let mut frame = iframe::frame(scene.shared, scene.site, app, module, &viewer, wanted)?;
        frame.setup["show"] = show.into();
        self.frames.push(frame.setup);
        Some(context! {
            id => frame.id, name => frame.name, src => frame.src, shown_url => frame.shown_url,
        })
    }

    /// Lets the page open further frames of an app.
    pub(crate) fn add_ticket(&mut self, scene: Scene<'_>, app: &App) {
        let ticket = || iframe::ticket(scene.shared, scene.site, Some(app), scene.viewer);
        let key = app.descriptor.key.to_string();
        self.tickets.entry(key).or_insert_with(ticket);
    }

    /// The zones by name, each in order of weight.
    pub(crate) fn zones(&mut self) -> Shown {
        let zones = self.zones.iter_mut().map(|(zone, entries)| {
            entries.sort_by_key(|(weight, _)| *weight);
            let entries: Vec<Shown> = entries.iter().map(|(_, entry)| entry.clone()).collect();
            (*zone, Shown::from(entries))
        });
        Shown::from(zones.collect::<BTreeMap<_, _>>())
    }
}

/// What is said of a module wherever it is listed.
pub(crate) fn described(scene: Scene<'_>, app: &App, module: &Module) -> Shown {
    let kind = module.row();
    let text = |value: &Value| {
        let text = value["value"].as_str().or(value.as_str());
        text.map(str::to_owned)
    };
    let raw = &module.raw;
    let icon = raw["icon"]["url"].as_str().or(raw["iconUrl"].as_str());
    let parts: Vec<&str> = kind
        .parts
        .iter()
        .map(|(part, _)| *part)
        .filter(|part| app.descriptor.address(module, Some(part)).is_some())
        .collect();
    let opens = module.target();
    let link = match (kind.show, opens) {
        (Show::Page, _) | (Show::Item, "page") => link(scene, app, module),
        _ => None,
    };
    context! {
        app => app.descriptor.name.as_str(),
        app_key => app.descriptor.key.as_str(),
        key => module.key.as_str(),
        kind => module.kind.as_str(),
        what => kind.what,
        name => module.name.as_str(),
        tooltip => text(&raw["tooltip"]).or_else(|| text(&raw["description"])),
        label => text(&raw["content"]["label"]),
        icon => icon.and_then(|icon| app.descriptor.url(icon)).map(|url| url.to_string()),
        opens,
        options => module.dialog_options(None).map(Value::to_string),
        link,
        parts,
        inline => raw["outputType"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("inline")),
        controls => controls(module),
    }
}

/// What an app says of an issue beside its glance, by a property of the issue (Atlassian, "Issue
/// glance: setting the status"): a number, a word with a colour, or a picture.
fn status(scene: Scene<'_>, app: &App, module: &Module) -> Option<Shown> {
    let key = scene.viewer.place.get("issue.key")?;
    let name = format!(
        "com.atlassian.jira.issue:{}:{}:status",
        app.descriptor.key, module.key
    );
    let status = {
        let data = lock(&scene.site.data);
        data.issue(key)?.properties.get(&name)?.clone()
    };
    let value = &status["value"];
    let label = match &value["label"] {
        Value::String(label) => label.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    match status["type"].as_str()? {
        "badge" => {
            let many = label
                .parse()
                .is_ok_and(|number: u64| number > MOST_IN_BADGE);
            let label = if many {
                format!("{MOST_IN_BADGE}+")
            } else {
                label
            };
            Some(context! { kind => "badge", label })
        }
        "icon" => {
            let url = app
                .descriptor
                .url(value["url"].as_str().unwrap_or(&label))?;
            Some(context! { kind => "icon", url => url.as_str(), label => label })
        }
        "lozenge" => {
            let tone = value["type"].as_str().unwrap_or("default");
            let tone = TONES.iter().find(|known| **known == tone);
            Some(context! { kind => "lozenge", label, tone => tone.copied() })
        }
        _ => None,
    }
}

/// The colours of a lozenge.
const TONES: &[&str] = &[
    "default",
    "inprogress",
    "moved",
    "new",
    "removed",
    "success",
];

/// The largest number that a badge shows.
const MOST_IN_BADGE: u64 = 99;

/// The buttons of a macro's property panel.
fn controls(module: &Module) -> Vec<Shown> {
    let list = module.raw["propertyPanel"]["controls"].as_array();
    let list = list.into_iter().flatten();
    let buttons = list.filter(|control| control["label"].is_object());
    buttons
        .map(|control| {
            context! {
                key => control["key"].as_str(),
                label => control["label"]["value"].as_str(),
            }
        })
        .collect()
}

/// Where a link to a module goes.
fn link(scene: Scene<'_>, app: &App, module: &Module) -> Option<String> {
    if module.row().show == Show::Page {
        let mut url = super::module_url(scene.site, app, module);
        for (name, value) in scene.viewer.place.query() {
            urls::add_param(&mut url, name, value);
        }
        return Some(url);
    }
    let written = app.descriptor.address(module, None)?;
    let context = module.raw["context"].as_str().unwrap_or("addon");
    let in_product = context.eq_ignore_ascii_case("product");
    if !in_product && context.eq_ignore_ascii_case("page") {
        let page = app.descriptor.module(written)?;
        return link(scene, app, page);
    }
    let absolute = written.contains("://");
    let expanded = iframe::expanded(scene.site, app, module, scene.viewer, None)?;
    if absolute {
        return Some(expanded.to_string());
    }
    if in_product {
        let base = app.descriptor.base_url.as_str();
        let below = expanded.as_str().strip_prefix(base)?.to_owned();
        return Some(format!("{}{below}", scene.site.base_url));
    }
    // The app's own page: signed at the moment somebody goes there.
    let mut url = format!(
        "{}/plugins/servlet/ac-redirect/{}/{}",
        scene.site.base_url,
        app.descriptor.key,
        urls::percent_encode(&module.key)
    );
    for (name, value) in scene.viewer.place.query() {
        urls::add_param(&mut url, name, value);
    }
    Some(url)
}

/// The viewer of one module, in the place of its own that some have.
pub(crate) fn alone(scene: Scene<'_>, app: &App, module: &Module) -> Viewer {
    let mut viewer = scene.viewer.clone();
    match module.row().show {
        Show::Gadget => viewer.place.add_dashboard_item("10001", &module.key),
        Show::Macro | Show::Static => macros::add(scene.site, app, &mut viewer, module),
        _ => macros::add_step(scene.site, app, &mut viewer, module),
    }
    viewer
}

/// The lines of a verdict.
pub(crate) fn notes(verdict: &Verdict) -> Vec<Shown> {
    let notes = verdict.notes.iter().map(|note| {
        context! {
            depth => note.depth, text => note.text.as_str(), holds => note.holds,
            assumed => note.assumed,
        }
    });
    notes.collect()
}

impl Zone {
    fn name(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Byline => "byline",
            Self::Foot => "foot",
            Self::Main => "main",
            Self::Menu => "menu",
            Self::Side => "side",
            Self::Tabs => "tabs",
            Self::Top => "top",
        }
    }
}

impl Show {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Dialog => "dialog",
            Self::Gadget => "gadget",
            Self::Glance => "glance",
            Self::Item => "item",
            Self::Macro => "macro",
            Self::Named => "named",
            Self::Page => "page",
            Self::Panel => "panel",
            Self::Script => "script",
            Self::Static => "static",
            Self::Tab => "tab",
        }
    }
}
