//! Objects that several module types share.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CHROME, HEADER, HEIGHT, HEIGHT_OPTIONAL, I18N, INDEXING, NAME, ON_ENTITY_ASSOCIATED,
    ON_ENTITY_DISASSOCIATED, SIZE, TEMPLATE_URL, TOOLTIP, URL, URL_REQUIRED, VALUE, WIDTH,
    WIDTH_OPTIONAL,
};
use crate::table::{NO_LIMIT, Others, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static TEXT_SHAPE: Shape = shape("text", &[I18N, VALUE]);

pub(super) static ICON_SHAPE: Shape = shape("icon", &[URL_REQUIRED, HEIGHT, WIDTH]);

pub(super) static PANEL_LAYOUT_SHAPE: Shape =
    shape("webPanelLayout", &[HEIGHT_OPTIONAL, WIDTH_OPTIONAL]);

pub(super) static DIALOG_OPTIONS_SHAPE_2: Shape = shape(
    "dialogOptions",
    &[CHROME, HEADER, HEIGHT_OPTIONAL, SIZE, WIDTH_OPTIONAL],
);

pub(super) static FEATURE_FLAG_ACTIONS_SHAPE: Shape = shape(
    "featureFlagActions",
    &[
        optional(
            "createFlag",
            Type::Object(&ACTION_SHAPE),
            "Makes a feature flag.",
        ),
        optional(
            "linkFlag",
            Type::Object(&ACTION_SHAPE),
            "Links a feature flag.",
        ),
        optional(
            "listFlags",
            Type::Object(&ACTION_SHAPE),
            "Lists feature flags.",
        ),
    ],
);

pub(super) static ACTION_SHAPE: Shape = shape("action", &[TEMPLATE_URL]);

pub(super) static PAGE_SHAPE: Shape = shape("page", &[URL]);

pub(super) static DEVELOPMENT_TOOL_ACTIONS_SHAPE: Shape = shape(
    "developmentToolActions",
    &[
        optional(
            "associateRepository",
            Type::Object(&ACTION_SHAPE),
            "Links a repository.",
        ),
        optional(
            "createBranch",
            Type::Object(&ACTION_SHAPE),
            "Makes a branch.",
        ),
        optional(
            "searchConnectedWorkspaces",
            Type::Object(&ACTION_SHAPE),
            "Searches the workspaces that are connected.",
        ),
        optional(
            "searchRepositories",
            Type::Object(&ACTION_SHAPE),
            "Searches for repositories.",
        ),
    ],
);

pub(super) static CONFIG_FORM_SHAPE: Shape = Shape {
    name: "configForm",
    others: Others::Refused,
    fields: &[URL],
};

pub(super) static WEBHOOK_SHAPE: Shape = Shape {
    name: "webhook",
    others: Others::Refused,
    fields: &[URL_REQUIRED],
};

pub(super) static CALLBACK_SHAPE: Shape = Shape {
    name: "callback",
    others: Others::Refused,
    fields: &[
        URL_REQUIRED,
        required("type", Type::Enum(&["jwt"]), "Its kind."),
    ],
};

pub(super) static OPERATIONS_ACTIONS_SHAPE: Shape = shape(
    "operationsActions",
    &[
        required(
            "fetchWorkspaces",
            Type::Object(&ACTION_SHAPE),
            "Lists the workspaces.",
        ),
        ON_ENTITY_ASSOCIATED,
        ON_ENTITY_DISASSOCIATED,
        required(
            "searchContainers",
            Type::Object(&ACTION_SHAPE),
            "Searches for containers.",
        ),
    ],
);

pub(super) static COMPONENT_ACTIONS_SHAPE: Shape = shape(
    "componentActions",
    &[
        required(
            "associate",
            Type::Object(&ACTION_SHAPE),
            "Links a component.",
        ),
        required(
            "disassociate",
            Type::Object(&ACTION_SHAPE),
            "Removes a link to a component.",
        ),
        ON_ENTITY_ASSOCIATED,
        ON_ENTITY_DISASSOCIATED,
    ],
);

pub(super) static SEARCH_SUPPORT_SHAPE: Shape = shape(
    "searchSupport",
    &[
        NAME,
        optional(
            "dataUri",
            Type::Text(Text::of(NO_LIMIT, TextRule::AppUrl)),
            "Where the values to choose from come from.",
        ),
        optional(
            "defaultOperator",
            Type::Text(Text::any(100)),
            "Operator used if none is given.",
        ),
        TOOLTIP,
        required(
            "valueType",
            Type::Enum(&[
                "space",
                "label",
                "user",
                "contentid",
                "contenttype",
                "date",
                "string",
                "number",
            ]),
            "Kind of value.",
        ),
    ],
);

pub(super) static API_SUPPORT_SHAPE: Shape = shape(
    "apiSupport",
    &[
        optional(
            "bodyType",
            Type::Enum(&["storage", "raw"]),
            "What may stand inside of it.",
        )
        .or("\"storage\""),
        INDEXING,
        optional(
            "preventDuplicateTitle",
            Type::Boolean,
            "Whether titles must differ within a space.",
        )
        .or("false"),
        optional(
            "supportedChildTypes",
            Type::List(&Type::Text(Text::any(100))),
            "Types of content it may hold.",
        ),
        required(
            "supportedContainerTypes",
            Type::List(&Type::Text(Text::any(100))),
            "Types of content it may stand in.",
        ),
        optional(
            "supportedSpacePermissions",
            Type::List(&Type::Text(Text::any(100))),
            "Space permissions it knows.",
        ),
    ],
);

pub(super) static INDEXING_SHAPE: Shape = shape(
    "indexing",
    &[optional("enabled", Type::Boolean, "Whether it is on.").or("false")],
);

pub(super) static CONTENT_SUPPORT_SHAPE: Shape = shape(
    "contentSupport",
    &[
        optional(
            "breadcrumbs",
            Type::Object(&BREADCRUMBS_SHAPE),
            "Way shown above it.",
        ),
        required(
            "contentViewComponent",
            Type::Object(&COMPONENT_REFERENCE_SHAPE),
            "Page that shows it.",
        ),
        optional(
            "editComponent",
            Type::Object(&COMPONENT_REFERENCE_SHAPE),
            "Page that edits it.",
        ),
        optional(
            "editComponentCancelButtonLabel",
            Type::Object(&TEXT_SHAPE),
            "Text on the cancel button.",
        ),
        optional(
            "editComponentSubmitButtonLabel",
            Type::Object(&TEXT_SHAPE),
            "Text on the save button.",
        ),
        optional(
            "editComponentTitlePlaceholder",
            Type::Object(&TEXT_SHAPE),
            "Text in the empty title field.",
        ),
        required(
            "icons",
            Type::Object(&ICONS_SHAPE),
            "Pictures for its views.",
        ),
        optional(
            "listViewComponent",
            Type::Object(&COMPONENT_REFERENCE_SHAPE),
            "Page that lists the content: a module of type `generalPages`.",
        ),
    ],
);

pub(super) static BREADCRUMBS_SHAPE: Shape = shape(
    "breadcrumbs",
    &[optional(
        "relations",
        Type::List(&Type::Object(&RELATIONS_SHAPE)),
        "Steps of the way.",
    )],
);

pub(super) static RELATIONS_SHAPE: Shape = shape(
    "relations",
    &[optional("name", Type::Text(Text::any(100)), "Its name.")],
);

pub(super) static COMPONENT_REFERENCE_SHAPE: Shape = shape(
    "componentReference",
    &[
        optional(
            "addonKey",
            Type::Text(Text::any(100)),
            "Key of the app that has the module; this app if left out.",
        ),
        required(
            "moduleKey",
            Type::Text(Text::any(100)),
            "Key of the module.",
        ),
    ],
);

pub(super) static ICONS_SHAPE: Shape = shape(
    "icons",
    &[
        optional(
            "create",
            Type::Object(&ICON_SHAPE),
            "Page that asks for the settings of a new one.",
        ),
        required("item", Type::Object(&ICON_SHAPE), "Picture of one."),
        optional("list", Type::Object(&ICON_SHAPE), "Picture in lists."),
    ],
);

pub(super) static AUTOCONVERT_SHAPE: Shape = shape(
    "autoconvert",
    &[
        optional(
            "matchers",
            Type::ListOf {
                item: &Type::Object(&MATCHER_SHAPE),
                most: 200,
            },
            "Patterns of links.",
        ),
        required(
            "urlParameter",
            Type::Text(Text::any(100)),
            "Parameter that takes the link.",
        ),
    ],
);

pub(super) static MATCHER_SHAPE: Shape = shape(
    "matcher",
    &[required(
        "pattern",
        Type::Text(Text::any(1024)),
        "Pattern of a link; `{}` stands for any text.",
    )],
);

pub(super) static LINK_SHAPE: Shape = shape(
    "link",
    &[
        URL_REQUIRED,
        optional(
            "altText",
            Type::Text(Text::any(1000)),
            "Text for those who do not see it.",
        ),
        optional("title", Type::Text(Text::any(1000)), "Text of the link."),
    ],
);

pub(super) static IMAGE_PLACEHOLDER_SHAPE: Shape = shape(
    "imagePlaceholder",
    &[
        URL_REQUIRED,
        optional(
            "applyChrome",
            Type::Boolean,
            "Whether the picture gets the frame of a macro.",
        )
        .or("false"),
        HEIGHT,
        WIDTH,
    ],
);

pub(super) static RENDER_MODE_SHAPE: Shape = shape("renderMode", &[URL]);
