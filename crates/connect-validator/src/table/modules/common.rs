//! Module types of Jira and Confluence alike.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CACHEABLE, CHROME, CONDITIONS, CONTEXT, FULL_PAGE, HEADER, HEIGHT_OPTIONAL, ICON, KEY,
    LOCATION, LOCATION_REQUIRED, NAME, PARAMS, SIZE, TARGET, TOOLTIP, URL, URL_OPTIONAL, WEIGHT,
    WEIGHT_OPTIONAL, WIDTH_OPTIONAL,
};
use super::shared::{DIALOG_OPTIONS_SHAPE_2, PANEL_LAYOUT_SHAPE};
use crate::table::{NO_LIMIT, Others, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static KEYBOARD_SHORTCUTS: Shape = shape(
    "keyboardShortcuts",
    &[
        KEY,
        NAME,
        optional(
            "context",
            Type::Enum(&["global", "issue_navigation", "issue_action", "agile_board"]),
            "Where it applies.",
        ),
        required(
            "shortcut",
            Type::Text(Text::of(3, TextRule::Shortcut)),
            "Keys to press one after the other: up to three lower-case letters.",
        ),
        required(
            "target",
            Type::Object(&SHORTCUT_TARGET_SHAPE),
            "What opens, and how.",
        ),
    ],
);

pub(super) static SHORTCUT_TARGET_SHAPE: Shape = shape(
    "target",
    &[required(
        "key",
        Type::Text(Text::of(1000, TextRule::ModuleKey)),
        "Name of the module, unique within the app. It is part of the address of the page.",
    )],
);

pub(super) static ADMIN_PAGES: Shape = Shape {
    name: "adminPages",
    others: Others::Refused,
    fields: &[
        KEY, NAME, URL, CACHEABLE, CONDITIONS, FULL_PAGE, ICON, LOCATION, PARAMS, WEIGHT,
    ],
};

pub(super) static WEB_PANELS: Shape = shape(
    "webPanels",
    &[
        KEY,
        NAME,
        URL,
        CACHEABLE,
        CONDITIONS,
        optional(
            "layout",
            Type::Object(&PANEL_LAYOUT_SHAPE),
            "Size of the panel.",
        ),
        LOCATION_REQUIRED,
        PARAMS,
        optional(
            "supportsNative",
            Type::Boolean,
            "Whether the native mobile apps show it as well.",
        )
        .or("false"),
        TOOLTIP,
        WEIGHT_OPTIONAL,
    ],
);

pub(super) static WEBHOOKS: Shape = shape(
    "webhooks",
    &[
        optional(
            "key",
            Type::Text(Text::any(100)),
            "Its name. Ignored here, needed once the webhook moves to a Forge manifest.",
        ),
        URL,
        CONDITIONS,
        required(
            "event",
            Type::Text(Text::any(100)),
            "What the app wants to be told of.",
        ),
        optional(
            "excludeBody",
            Type::Boolean,
            "Whether the event comes without its data.",
        )
        .or("false"),
        optional(
            "filter",
            Type::Text(Text::any(10000)),
            "JQL, or an expression, that narrows down the events.",
        ),
        optional(
            "propertyKeys",
            Type::List(&Type::Text(Text::any(NO_LIMIT))),
            "Entity properties sent along with the event. Jira only.",
        ),
    ],
);

pub(super) static POST_INSTALL_PAGE: Shape = Shape {
    name: "postInstallPage",
    others: Others::Refused,
    fields: &[
        KEY, NAME, URL, CACHEABLE, CONDITIONS, ICON, LOCATION, PARAMS, WEIGHT,
    ],
};

pub(super) static WEB_SECTIONS: Shape = shape(
    "webSections",
    &[
        KEY,
        NAME,
        CONDITIONS,
        LOCATION_REQUIRED,
        PARAMS,
        TOOLTIP,
        WEIGHT,
    ],
);

pub(super) static GENERAL_PAGES: Shape = Shape {
    name: "generalPages",
    others: Others::Refused,
    fields: &[
        KEY, NAME, URL, CACHEABLE, CONDITIONS, ICON, LOCATION, PARAMS, WEIGHT,
    ],
};

pub(super) static WEB_ITEMS: Shape = shape(
    "webItems",
    &[
        KEY,
        NAME,
        URL_OPTIONAL,
        CACHEABLE,
        CONDITIONS,
        CONTEXT,
        ICON,
        LOCATION_REQUIRED,
        PARAMS,
        optional(
            "styleClasses",
            Type::List(&Type::Text(Text::of(1000, TextRule::CssClass))),
            "CSS classes put on the link.",
        ),
        TARGET,
        TOOLTIP,
        WEIGHT,
    ],
);

pub(super) static TARGET_SHAPE: Shape = shape(
    "target",
    &[
        optional(
            "options",
            Type::OneOf(&[
                &INLINE_DIALOG_OPTIONS_SHAPE,
                &DIALOG_MODULE_OPTIONS_SHAPE,
                &DIALOG_OPTIONS_SHAPE,
            ]),
            "Settings of the target.",
        ),
        optional(
            "type",
            Type::Enum(&["page", "dialog", "inlinedialog", "dialogmodule"]),
            "Its kind.",
        )
        .or("\"page\""),
    ],
);

pub(super) static INLINE_DIALOG_OPTIONS_SHAPE: Shape = shape(
    "options",
    &[
        optional(
            "closeOthers",
            Type::Boolean,
            "Whether other inline dialogs close.",
        ),
        optional(
            "isRelativeToMouse",
            Type::Boolean,
            "Whether it opens at the pointer.",
        ),
        optional(
            "offsetX",
            Type::Text(Text::any(10)),
            "Distance to the right, in CSS units.",
        ),
        optional(
            "offsetY",
            Type::Text(Text::any(10)),
            "Distance downwards, in CSS units.",
        ),
        optional(
            "onHover",
            Type::Boolean,
            "Whether it opens without a click.",
        ),
        optional(
            "onTop",
            Type::Boolean,
            "Whether it opens above instead of below.",
        ),
        optional(
            "persistent",
            Type::Boolean,
            "Whether it stays open until closed on purpose.",
        ),
        optional("showDelay", Type::Integer, "Milliseconds until it opens."),
        WIDTH_OPTIONAL,
    ],
);

pub(super) static DIALOG_MODULE_OPTIONS_SHAPE: Shape = shape(
    "options",
    &[required(
        "key",
        Type::Text(Text::any(100)),
        "Key of the module it opens.",
    )],
);

pub(super) static DIALOG_OPTIONS_SHAPE: Shape = shape(
    "options",
    &[CHROME, HEADER, HEIGHT_OPTIONAL, SIZE, WIDTH_OPTIONAL],
);

pub(super) static CONFIGURE_PAGE: Shape = Shape {
    name: "configurePage",
    others: Others::Refused,
    fields: &[
        KEY, NAME, URL, CACHEABLE, CONDITIONS, FULL_PAGE, ICON, LOCATION, PARAMS, WEIGHT,
    ],
};

pub(super) static DIALOGS: Shape = shape(
    "dialogs",
    &[
        KEY,
        URL,
        CACHEABLE,
        optional(
            "options",
            Type::Object(&DIALOG_OPTIONS_SHAPE_2),
            "Settings of the target.",
        ),
    ],
);
