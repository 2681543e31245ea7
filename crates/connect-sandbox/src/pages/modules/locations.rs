//! The locations of web items, web sections and web panels.

use connect_core::Product;

use crate::pages::modules::{View, Zone};

/// A location, or all that begin with it when it ends in a star.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Of both products, unless one is named.
    pub(crate) product: Option<Product>,
    pub(crate) view: View,
    pub(crate) zone: Zone,
}

impl Row {
    pub(crate) fn fits(&self, location: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => location.starts_with(start),
            None => self.name == location,
        }
    }
}

const fn jira(name: &'static str, view: View, zone: Zone) -> Row {
    Row {
        name,
        product: Some(Product::Jira),
        view,
        zone,
    }
}

const fn confluence(name: &'static str, view: View, zone: Zone) -> Row {
    Row {
        name,
        product: Some(Product::Confluence),
        view,
        zone,
    }
}

/// Where items are; the first row that fits counts.
pub(crate) const ITEMS: &[Row] = &[
    Row {
        name: "system.top.navigation.bar*",
        product: None,
        view: View::Everywhere,
        zone: Zone::Menu,
    },
    jira("admin_*", View::Admin, Zone::Menu),
    jira("advanced_menu_section*", View::Admin, Zone::Menu),
    jira("system.admin*", View::Admin, Zone::Menu),
    jira("top_plugins_section", View::Admin, Zone::Menu),
    jira("top_system_section", View::Admin, Zone::Menu),
    jira("atl.jira.proj.config*", View::ProjectSettings, Zone::Menu),
    jira("board-*", View::Board, Zone::Actions),
    jira("jira.agile.board.tools", View::Board, Zone::Actions),
    jira("jira.software.*", View::Board, Zone::Actions),
    jira("sprint-*", View::Board, Zone::Actions),
    jira("jira.issue.*", View::Issue, Zone::Actions),
    jira("operations-*", View::Issue, Zone::Actions),
    jira("opsbar-*", View::Issue, Zone::Actions),
    jira("view-actions-*", View::Issue, Zone::Actions),
    jira("jira.navigator.*", View::Search, Zone::Actions),
    jira("jira.project.sidebar.*", View::Project, Zone::Menu),
    jira("servicedesk.agent.*", View::Agent, Zone::Menu),
    jira("system.dashboard*", View::Dashboard, Zone::Actions),
    jira("system.preset.filters*", View::Search, Zone::Menu),
    jira("system.user.options*", View::Profile, Zone::Menu),
    confluence("page.metadata.banner", View::Content, Zone::Byline),
    confluence("page.view.selection*", View::Content, Zone::Actions),
    confluence("system.admin*", View::Admin, Zone::Menu),
    confluence("system.content.*", View::Content, Zone::Actions),
    confluence("system.editor.*", View::Editor, Zone::Actions),
    confluence("system.header*", View::Everywhere, Zone::Menu),
    confluence("system.help*", View::Everywhere, Zone::Menu),
    confluence("system.profile*", View::Profile, Zone::Menu),
    confluence("system.space.sidebar*", View::Space, Zone::Menu),
    confluence("system.space.tools*", View::SpaceTools, Zone::Menu),
    confluence("system.space.*", View::Space, Zone::Menu),
    confluence("system.user*", View::Profile, Zone::Menu),
];

/// Where panels are; the first row that fits counts.
pub(crate) const PANELS: &[Row] = &[
    jira("atl.jira.view.issue.left.context", View::Issue, Zone::Main),
    jira("atl.jira.view.issue.right.context", View::Issue, Zone::Side),
    jira("atl.gh.issue.details.tab", View::Board, Zone::Side),
    jira("webpanels.user.profile.*", View::Profile, Zone::Main),
    jira("atl.jira.project.*", View::Project, Zone::Main),
    confluence("atl.editor*", View::Editor, Zone::Main),
    confluence("atl.footer", View::Content, Zone::Foot),
    confluence("atl.general", View::Content, Zone::Main),
    confluence("atl.page.*", View::Content, Zone::Main),
    confluence("atl.space.*", View::Space, Zone::Main),
    confluence("page.*", View::Content, Zone::Main),
    confluence("atl.profile*", View::Profile, Zone::Main),
];
