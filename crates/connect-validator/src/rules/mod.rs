//! What a host checks beyond the shape of the file, and what its authors trip over.

mod base_url;
pub(crate) mod conditions;
mod locations;
mod macros;
pub(crate) mod modules;
mod names;
mod references;
mod scopes;
pub(crate) mod top;
pub(crate) mod urls;
mod webhooks;

use crate::Product;
use crate::checker::Checker;
use crate::json::Node;

/// Runs every rule over a descriptor that is an object.
pub(crate) fn run<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    top::check(checker, root);
    names::check(checker, root);
    base_url::check(checker, root);
    scopes::check(checker, root);
    modules::check(checker, root);
    webhooks::scope(checker, root);
}

/// The names in the lists of the product meant, or of all products if that is open.
fn known(
    product: Option<Product>,
    bitbucket: &'static [&'static str],
    confluence: &'static [&'static str],
    jira: &'static [&'static str],
) -> impl Iterator<Item = &'static str> + Clone {
    let lists = match product {
        None => [confluence, jira, bitbucket],
        Some(Product::Bitbucket) => [bitbucket, &[], &[]],
        Some(Product::Confluence) => [confluence, &[], &[]],
        Some(Product::Jira) => [jira, &[], &[]],
    };
    lists.into_iter().flatten().copied()
}
