//! What a host checks beyond the shape of the file.

mod modules;
mod top;

use crate::checker::Checker;
use crate::json::Node;

/// Runs every rule over a descriptor that is an object.
pub(crate) fn run<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    top::check(checker, root);
    modules::check(checker, root);
}
