//! Macros of Confluence.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    ALIASES, AUTOCONVERT, CACHEABLE, CATEGORIES, DESCRIPTION_OPTIONAL, DOCUMENTATION, EDITOR,
    FEATURED, HEIGHT_OPTIONAL, HIDDEN, ICON, IMAGE_PLACEHOLDER, INDEXING, KEY, LABEL, NAME,
    OUTPUT_TYPE, URL, WIDTH_OPTIONAL,
};
use super::shared::{RENDER_MODE_SHAPE, TEXT_SHAPE};
use crate::table::{Field, NO_LIMIT, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static DYNAMIC_CONTENT_MACROS: Shape = shape(
    "dynamicContentMacros",
    &[
        KEY,
        NAME,
        URL,
        ALIASES,
        AUTOCONVERT,
        optional(
            "bodyType",
            Type::Enum(&["multi-body-rich-text", "rich-text", "plain-text", "none"]),
            "What may stand inside of it.",
        )
        .or("\"none\""),
        CACHEABLE,
        CATEGORIES,
        DESCRIPTION_OPTIONAL,
        DOCUMENTATION,
        EDITOR,
        FEATURED,
        HEIGHT_OPTIONAL,
        HIDDEN,
        ICON,
        IMAGE_PLACEHOLDER,
        OUTPUT_TYPE,
        optional(
            "parameters",
            Type::List(&Type::Object(&MACRO_PARAMETER_SHAPE)),
            "What people can set.",
        ),
        optional(
            "propertyPanel",
            Type::Object(&MACRO_PROPERTY_PANEL_SHAPE),
            "Panel shown when it is selected in the editor.",
        ),
        optional(
            "refDataSchema",
            Type::Object(&MACRO_REF_DATA_SCHEMA_SHAPE),
            "Kinds of data it takes and gives.",
        ),
        optional(
            "renderModes",
            Type::Object(&MACRO_RENDER_MODES_SHAPE),
            "What is shown where scripts cannot run.",
        ),
        WIDTH_OPTIONAL,
    ],
);

pub(super) static MACRO_EDITOR_SHAPE: Shape = shape(
    "editor",
    &[
        URL,
        CACHEABLE,
        optional(
            "editTitle",
            Type::Object(&TEXT_SHAPE),
            "Title of the dialog for an existing one.",
        ),
        HEIGHT_OPTIONAL,
        optional(
            "insertTitle",
            Type::Object(&TEXT_SHAPE),
            "Title of the dialog for a new one.",
        ),
        WIDTH_OPTIONAL,
    ],
);

pub(super) static MACRO_PARAMETER_SHAPE: Shape = shape(
    "parameters",
    &[
        NAME,
        ALIASES,
        optional(
            "defaultValue",
            Type::Text(Text::any(1000)),
            "Value at first.",
        ),
        DESCRIPTION_OPTIONAL,
        HIDDEN,
        required(
            "identifier",
            Type::Text(Text::of(NO_LIMIT, TextRule::MacroParameter)),
            "Name of the parameter: lower-case letters, digits, `-`, `_` and `.`.",
        ),
        INDEXING,
        optional(
            "multiple",
            Type::Boolean,
            "Whether several values can be given.",
        )
        .or("false"),
        optional("required", Type::Boolean, "Whether it must be given.").or("false"),
        required(
            "type",
            Type::Enum(&[
                "attachment",
                "boolean",
                "confluence-content",
                "enum",
                "int",
                "label",
                "spacekey",
                "string",
                "url",
                "username",
            ]),
            "Its kind.",
        ),
        optional(
            "values",
            Type::List(&Type::Text(Text::any(1000))),
            "Values to choose from.",
        ),
    ],
);

pub(super) static MACRO_PROPERTY_PANEL_SHAPE: Shape = shape(
    "propertyPanel",
    &[
        URL,
        CACHEABLE,
        optional(
            "controls",
            Type::List(&Type::OneOf(&[
                &CONTROL_BUTTON_SHAPE,
                &CONTROL_GROUP_SHAPE,
                &CONTROL_TEXT_SHAPE,
                &CONTROL_TOGGLEGROUP_SHAPE,
            ])),
            "Buttons of the panel.",
        ),
    ],
);

const fn of_kind(kind: &'static [&'static str]) -> Field {
    required("type", Type::Enum(kind), "Its kind.")
}

pub(super) static CONTROL_BUTTON_SHAPE: Shape =
    shape("controls", &[KEY, LABEL, of_kind(&["button"])]);

pub(super) static CONTROL_GROUP_SHAPE: Shape = shape(
    "controls",
    &[
        required(
            "controls",
            Type::List(&Type::Object(&CONTROL_BUTTON_SHAPE)),
            "Buttons of the panel.",
        ),
        of_kind(&["group"]),
    ],
);

pub(super) static CONTROL_TEXT_SHAPE: Shape = shape(
    "controls",
    &[
        KEY,
        required(
            "macroParameter",
            Type::Text(Text::any(100)),
            "Parameter that the buttons set.",
        ),
        of_kind(&["text"]),
    ],
);

pub(super) static CONTROL_TOGGLEGROUP_SHAPE: Shape = shape(
    "controls",
    &[
        required(
            "controls",
            Type::List(&Type::Object(&CONTROL_TOGGLEBUTTON_SHAPE)),
            "Buttons of the panel.",
        ),
        required(
            "macroParameter",
            Type::Text(Text::of(100, TextRule::MacroParameter)),
            "Parameter that the buttons set.",
        ),
        of_kind(&["togglegroup"]),
    ],
);

pub(super) static CONTROL_TOGGLEBUTTON_SHAPE: Shape = shape(
    "controls",
    &[
        KEY,
        LABEL,
        required(
            "macroParameterValue",
            Type::Text(Text::any(10000)),
            "Value that the button sets.",
        ),
        of_kind(&["togglebutton"]),
    ],
);

pub(super) static MACRO_REF_DATA_SCHEMA_SHAPE: Shape = shape(
    "refDataSchema",
    &[
        optional(
            "inputType",
            Type::Text(Text::any(255)),
            "Kind of data it takes.",
        ),
        optional(
            "outputType",
            Type::Text(Text::any(255)),
            "Kind of data it gives.",
        ),
    ],
);

pub(super) static MACRO_RENDER_MODES_SHAPE: Shape = shape(
    "renderModes",
    &[
        optional(
            "default",
            Type::Object(&RENDER_MODE_SHAPE),
            "Used where no other mode fits.",
        ),
        optional("email", Type::Object(&RENDER_MODE_SHAPE), "For mail."),
        optional("pdf", Type::Object(&RENDER_MODE_SHAPE), "For PDF files."),
        optional("word", Type::Object(&RENDER_MODE_SHAPE), "For Word files."),
    ],
);

pub(super) static STATIC_CONTENT_MACROS: Shape = shape(
    "staticContentMacros",
    &[
        KEY,
        NAME,
        URL,
        ALIASES,
        AUTOCONVERT,
        optional(
            "bodyType",
            Type::Enum(&["rich-text", "plain-text", "none"]),
            "What may stand inside of it.",
        )
        .or("\"none\""),
        CATEGORIES,
        DESCRIPTION_OPTIONAL,
        DOCUMENTATION,
        EDITOR,
        FEATURED,
        HIDDEN,
        ICON,
        IMAGE_PLACEHOLDER,
        OUTPUT_TYPE,
        optional(
            "parameters",
            Type::List(&Type::Object(&MACRO_PARAMETER_SHAPE)),
            "What people can set.",
        ),
        optional(
            "propertyPanel",
            Type::Object(&STATIC_CONTENT_MACROS_PROPERTY_PANEL_SHAPE),
            "Panel shown when it is selected in the editor.",
        ),
        optional(
            "renderingMethod",
            Type::Enum(&["get", "post"]),
            "HTTP method with which the host asks for the content.",
        )
        .or("\"get\""),
    ],
);

pub(super) static STATIC_CONTENT_MACROS_PROPERTY_PANEL_SHAPE: Shape = shape(
    "propertyPanel",
    &[
        URL,
        CACHEABLE,
        optional(
            "controls",
            Type::List(&Type::OneOf(&[
                &CONTROL_BUTTON_SHAPE,
                &CONTROL_GROUP_SHAPE,
                &CONTROL_TEXT_SHAPE,
                &CONTROL_TOGGLEGROUP_SHAPE,
            ])),
            "Buttons of the panel.",
        ),
    ],
);
