//! What every page of the sandbox has around its content.

use connect_core::Product;
use minijinja::{Value, context};

use crate::{
    pages::{
        Visit,
        modules::View,
        place::Place,
        placed::{Placed, Scene},
        views,
        visit::{LOCALES, THEMES, ZONES},
    },
    state::{License, Shared, Site},
    users::{self, User},
};

/// Values for `base.html`. What apps show in the navigation is added to `placed`.
pub(crate) fn values(
    shared: &Shared,
    site: Option<&Site>,
    visit: &Visit,
    placed: &mut Placed,
) -> Value {
    // The products of the customer one is at.
    let customer = site.or(shared.sites.first().map(|site| &**site));
    let products: Vec<Value> = shared
        .sites
        .iter()
        .filter(|known| customer.is_some_and(|site| site.cloud_id == known.cloud_id))
        .map(|known| {
            context! {
                name => known.product_name(),
                url => known.base_url.as_str(),
                current => site.is_some_and(|site| site.product == known.product),
            }
        })
        .collect();
    let user = visit.user.as_ref();
    context! {
        product => site.map(Site::product_name),
        product_theme => match site.map(|site| site.product) {
            Some(Product::Confluence) => "confluence",
            Some(_) => "jira",
            None => "sandbox",
        },
        site_url => site.map(|site| site.base_url.as_str()),
        site_path => site.map(|site| site.base_url.path()),
        places => site.map(|site| places(site, visit)),
        apps => site.map(|site| apps(shared, site, visit, placed)),
        products,
        here => visit.path.as_str(),
        target => visit.target.as_str(),
        theme => visit.theme,
        themes => THEMES.to_vec(),
        locales => LOCALES.to_vec(),
        zones => ZONES.to_vec(),
        locale => user.map(|user| user.locale),
        zone => user.map(|user| user.time_zone),
        people => User::people().map(|person| shown_user(&person)).collect::<Vec<_>>(),
        user => user.map(shown_user),
    }
}

pub(crate) fn shown_user(user: &User) -> Value {
    context! {
        name => user.display_name.as_str(),
        account_id => user.account_id.as_str(),
        avatar => users::avatar("", &user.account_id),
        role => if user.is_admin { "Administrator" } else { "Member" },
    }
}

/// The parts of the product, with the part one is in.
fn places(site: &Site, visit: &Visit) -> Vec<Value> {
    let list: &[(&str, View)] = match site.product {
        Product::Confluence => &[
            ("Space", View::Space),
            ("Page", View::Content),
            ("Editor", View::Editor),
            ("Space tools", View::SpaceTools),
            ("Profile", View::Profile),
            ("Administration", View::Admin),
        ],
        _ => &[
            ("Issues", View::Search),
            ("Issue", View::Issue),
            ("Project", View::Project),
            ("Project settings", View::ProjectSettings),
            ("Board", View::Board),
            ("Dashboard", View::Dashboard),
            ("Service portal", View::Portal),
            ("Service agents", View::Agent),
            ("Workflow", View::Workflow),
            ("Profile", View::Profile),
            ("Administration", View::Admin),
        ],
    };
    let below = visit.path.strip_prefix(site.base_url.path());
    let current = below.and_then(views::view_of);
    list.iter()
        .map(|(name, view)| {
            let path = views::first_path(site, *view).unwrap_or_default();
            let url = format!("{}{path}", site.base_url);
            context! { name => *name, url, current => current == Some(*view) }
        })
        .collect()
}

/// The apps of a site, with what they show in the navigation.
fn apps(shared: &Shared, site: &Site, visit: &Visit, placed: &mut Placed) -> Vec<Value> {
    let viewer = visit.viewer(Place::default());
    let scene = Scene {
        shared,
        site,
        viewer: &viewer,
    };
    let apps = site.apps();
    let shown = apps.iter().map(|app| {
        let mut own = Placed::default();
        own.add_app(scene, app, View::Everywhere);
        let entries = own.zones();
        // What is opened from the menu is in the place that one looks at.
        for (app, ticket) in own.tickets {
            placed.tickets.entry(app).or_insert(ticket);
        }
        let key = app.descriptor.key.as_str();
        let url = super::app_url(site, app);
        context! {
            name => app.descriptor.name.as_str(),
            key,
            current => url.ends_with(&visit.path),
            url,
            enabled => app.enabled,
            licensed => app.license == License::Active,
            entries => entries.get_attr("menu").ok(),
        }
    });
    shown.collect()
}
