//! Rules for `modules`.

use crate::checker::Checker;
use crate::codes;
use crate::json::{Node, quoted, shorten};
use crate::suggest::nearest;
use crate::table::module_names;

pub(super) fn check<'t>(checker: &mut Checker<'t>, root: &'t Node<'t>) {
    let Some(modules) = root.get("modules") else {
        return;
    };
    checker.member("modules", |checker| {
        let Some(object) = modules.as_object() else {
            return checker.wrong_type(modules, "modules", "an object");
        };
        for member in &object.members {
            if module_names(None).any(|name| name == member.key) {
                continue;
            }
            let free =
                module_names(checker.options.product).filter(|name| object.get(name).is_none());
            let meant = nearest(&member.key, free);
            let message = format!("unknown module type `{}`", shorten(&member.key));
            checker.member(&member.key, |checker| {
                let draft = checker.report(&codes::MODULE_UNKNOWN_TYPE, member.key_range, message);
                match meant {
                    Some(meant) => {
                        draft.did_you_mean(meant, vec![(member.key_range, quoted(meant))])
                    }
                    None => draft.label("not a module type of Jira, Confluence or Bitbucket"),
                };
            });
        }
    });
}
