//! What every page of the sandbox has around its content.

use connect_core::Product;
use minijinja::{Value, context};

use crate::{
    pages::module_url,
    state::{Shared, Site},
    users::User,
};

/// Values for `base.html`. `here` is the address of the page itself, to mark it in the lists.
pub(crate) fn values(
    shared: &Shared,
    site: Option<&Site>,
    user: Option<&User>,
    here: &str,
) -> Value {
    let products: Vec<Value> = shared
        .sites
        .iter()
        .map(|known| {
            context! {
                name => known.product_name(),
                url => known.base_url.as_str(),
                current => site.is_some_and(|site| site.product == known.product),
            }
        })
        .collect();
    let apps: Vec<Value> = site.iter().flat_map(|site| site_apps(site, here)).collect();
    context! {
        product => site.map(Site::product_name),
        theme => match site.map(|site| site.product) {
            Some(Product::Confluence) => "confluence",
            Some(_) => "jira",
            None => "sandbox",
        },
        site_url => site.map(|site| site.base_url.as_str()),
        products,
        apps,
        here,
        user => user.map(shown_user),
    }
}

pub(crate) fn shown_user(user: &User) -> Value {
    context! {
        name => user.display_name.as_str(),
        account_id => user.account_id.as_str(),
        avatar => format!("/_sandbox/avatar/{}.svg", user.account_id),
        role => if user.is_admin { "Administrator" } else { "Member" },
    }
}

/// The apps of a site with the pages to open.
pub(crate) fn site_apps(site: &Site, here: &str) -> Vec<Value> {
    let apps = site.apps();
    let shown = apps.iter().map(|app| {
        let pages: Vec<Value> = app
            .descriptor
            .modules
            .iter()
            .filter(|module| module.is_page())
            .map(|module| {
                let url = module_url(site, app, module);
                let current = url == here;
                context! { name => module.name.as_str(), kind => module.kind.as_str(), weight => module.weight, url, current }
            })
            .collect();
        context! {
            name => app.descriptor.name.as_str(),
            key => app.descriptor.key.as_str(),
            base_url => app.descriptor.base_url.as_str(),
            version => app.descriptor.version.as_str(),
            enabled => app.enabled,
            license => app.license.as_str(),
            module_count => app.descriptor.modules.len(),
            pages,
        }
    });
    shown.collect()
}
