//! Module types of Bitbucket. Only part of their fields is known: what is not listed is let through.

use super::fields::{CONDITIONS, KEY, NAME, PARAMS, URL};
use crate::table::{NO_LIMIT, Others, Shape, Text, Type, optional, required};

pub(super) static PAGE: Shape = Shape {
    name: "page",
    others: Others::Welcome,
    fields: &[KEY, NAME, URL, CONDITIONS, PARAMS],
};

pub(super) static WEBHOOK: Shape = Shape {
    name: "webhook",
    others: Others::Welcome,
    fields: &[
        URL,
        required(
            "event",
            Type::Text(Text::any(NO_LIMIT)),
            "What the app wants to be told of.",
        ),
    ],
};

pub(super) static OTHER: Shape = Shape {
    name: "module",
    others: Others::Welcome,
    fields: &[optional(
        "key",
        Type::Text(Text::any(128)),
        "Name of the module, unique within the app.",
    )],
};
