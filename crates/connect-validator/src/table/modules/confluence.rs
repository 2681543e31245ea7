//! Module types of Confluence, macros apart.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    ALIAS, CACHEABLE, CONDITIONS, CONTEXT, DESCRIPTION_OPTIONAL, HEADER, HEIGHT_OPTIONAL, ICON,
    KEY, LOCATION, NAME, PARAMS, TARGET, TOOLTIP, URL, URL_OPTIONAL, URL_REQUIRED, WEIGHT,
    WIDTH_OPTIONAL,
};
use super::shared::{API_SUPPORT_SHAPE, CONTENT_SUPPORT_SHAPE, SEARCH_SUPPORT_SHAPE, TEXT_SHAPE};
use super::theme::LOOK_AND_FEEL_SHAPE;
use crate::table::{Others, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static BLUEPRINTS: Shape = shape(
    "blueprints",
    &[
        KEY,
        NAME,
        optional(
            "createResult",
            Type::Enum(&["edit", "view"]),
            "What opens after the page was made.",
        )
        .or("\"edit\""),
        DESCRIPTION_OPTIONAL,
        ICON,
        required(
            "template",
            Type::Object(&BLUEPRINTS_TEMPLATE_SHAPE),
            "How a value is shown.",
        ),
    ],
);

pub(super) static BLUEPRINTS_TEMPLATE_SHAPE: Shape = shape(
    "template",
    &[
        URL_REQUIRED,
        optional(
            "blueprintContext",
            Type::Object(&BLUEPRINTS_TEMPLATE_BLUEPRINT_CONTEXT_SHAPE),
            "Called for the values of the template.",
        ),
    ],
);

pub(super) static BLUEPRINTS_TEMPLATE_BLUEPRINT_CONTEXT_SHAPE: Shape =
    shape("blueprintContext", &[URL_REQUIRED]);

pub(super) static SPACE_TOOLS_TABS: Shape = shape(
    "spaceToolsTabs",
    &[KEY, NAME, URL, CONDITIONS, LOCATION, PARAMS, WEIGHT],
);

pub(super) static CONFLUENCE_CONTENT_PROPERTIES: Shape = shape(
    "confluenceContentProperties",
    &[
        KEY,
        NAME,
        optional(
            "keyConfigurations",
            Type::List(&Type::Object(
                &CONFLUENCE_CONTENT_PROPERTIES_KEY_CONFIGURATIONS_SHAPE,
            )),
            "The properties and what of them can be searched for.",
        ),
    ],
);

pub(super) static CONFLUENCE_CONTENT_PROPERTIES_KEY_CONFIGURATIONS_SHAPE: Shape = shape(
    "keyConfigurations",
    &[
        required(
            "extractions",
            Type::List(&Type::Object(
                &CONFLUENCE_CONTENT_PROPERTIES_KEY_CONFIGURATIONS_EXTRACTIONS_SHAPE,
            )),
            "Values in the property that can be searched for.",
        ),
        required(
            "propertyKey",
            Type::Text(Text::any(100)),
            "Key of the entity property.",
        ),
    ],
);

pub(super) static CONFLUENCE_CONTENT_PROPERTIES_KEY_CONFIGURATIONS_EXTRACTIONS_SHAPE: Shape =
    Shape {
        name: "extractions",
        others: Others::Ignored,
        fields: &[
            ALIAS,
            required(
                "objectName",
                Type::Text(Text::any(1000)),
                "Path to the value within the property.",
            ),
            required(
                "type",
                Type::Enum(&["number", "string", "text", "date"]),
                "Its kind.",
            ),
            optional(
                "uiSupport",
                Type::Object(&SEARCH_SUPPORT_SHAPE),
                "How it is shown and searched for.",
            ),
        ],
    };

pub(super) static CUSTOM_CONTENT: Shape = shape(
    "customContent",
    &[
        KEY,
        NAME,
        required(
            "apiSupport",
            Type::Object(&API_SUPPORT_SHAPE),
            "What the REST API lets one do with it.",
        ),
        DESCRIPTION_OPTIONAL,
        required(
            "uiSupport",
            Type::Object(&CONTENT_SUPPORT_SHAPE),
            "How it is shown and searched for.",
        ),
    ],
);

pub(super) static PUBLISH_CONDITIONS: Shape = shape(
    "publishConditions",
    &[
        KEY,
        NAME,
        CONDITIONS,
        CONTEXT,
        optional(
            "dialog",
            Type::Object(&PUBLISH_CONDITIONS_DIALOG_SHAPE),
            "Dialog shown before publishing.",
        ),
        required(
            "errorMessage",
            Type::Object(&TEXT_SHAPE),
            "What people read when it does not hold.",
        ),
        PARAMS,
    ],
);

pub(super) static PUBLISH_CONDITIONS_DIALOG_SHAPE: Shape = shape(
    "dialog",
    &[URL, CONDITIONS, HEADER, HEIGHT_OPTIONAL, WIDTH_OPTIONAL],
);

pub(super) static CONTENT_BYLINE_ITEMS: Shape = shape(
    "contentBylineItems",
    &[
        KEY,
        NAME,
        URL_OPTIONAL,
        CACHEABLE,
        CONDITIONS,
        optional(
            "contentPropertyKey",
            Type::Text(Text::of(100, TextRule::ModuleKey)),
            "Content property that name, icon and tooltip come from.",
        ),
        CONTEXT,
        ICON,
        PARAMS,
        TARGET,
        TOOLTIP,
    ],
);

pub(super) static CONFLUENCE_THEMES: Shape = shape(
    "confluenceThemes",
    &[
        KEY,
        NAME,
        optional(
            "availableGlobally",
            Type::Boolean,
            "Whether it can be chosen for the whole site.",
        ),
        DESCRIPTION_OPTIONAL,
        ICON,
        optional(
            "lookAndFeel",
            Type::Object(&LOOK_AND_FEEL_SHAPE),
            "Colours and backgrounds.",
        ),
        optional(
            "routeOverride",
            Type::Boolean,
            "Whether the theme replaces pages.",
        ),
        optional(
            "routes",
            Type::Object(&CONFLUENCE_THEMES_ROUTES_SHAPE),
            "Pages that the theme replaces.",
        ),
    ],
);

pub(super) static CONFLUENCE_THEMES_ROUTES_SHAPE: Shape = shape(
    "routes",
    &[optional(
        "spaceview",
        Type::Object(&CONFLUENCE_THEMES_ROUTES_SPACEVIEW_SHAPE),
        "Start page of a space.",
    )],
);

pub(super) static CONFLUENCE_THEMES_ROUTES_SPACEVIEW_SHAPE: Shape = shape("spaceview", &[URL]);
