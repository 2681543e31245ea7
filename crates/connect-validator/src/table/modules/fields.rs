//! Fields that several module types share.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::common::TARGET_SHAPE;
use super::jira::{LABEL_CONTENT_SHAPE, WEB_PANEL_TARGET_SHAPE};
use super::macros::MACRO_EDITOR_SHAPE;
use super::service_desk::PORTAL_TARGET_SHAPE;
use super::shared::{
    ACTION_SHAPE, AUTOCONVERT_SHAPE, ICON_SHAPE, IMAGE_PLACEHOLDER_SHAPE, INDEXING_SHAPE,
    LINK_SHAPE, PAGE_SHAPE, TEXT_SHAPE,
};
use super::theme::HOVER_OR_FOCUS_SHAPE;
use crate::table::{Field, NO_LIMIT, Text, TextRule, Type, optional, required};

pub(super) const ALIAS: Field = optional(
    "alias",
    Type::Text(Text::any(NO_LIMIT)),
    "Name of the value in searches.",
);
pub(super) const ALIASES: Field = optional(
    "aliases",
    Type::List(&Type::Text(Text::any(100))),
    "Further names under which it is found.",
);
pub(super) const AUTOCONVERT: Field = optional(
    "autoconvert",
    Type::Object(&AUTOCONVERT_SHAPE),
    "Links that turn into it when pasted.",
);
pub(super) const BACKGROUND: Field = optional(
    "background",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background`.",
);
pub(super) const BACKGROUND_ATTACHMENT: Field = optional(
    "backgroundAttachment",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-attachment`.",
);
pub(super) const BACKGROUND_BLEND_MODE: Field = optional(
    "backgroundBlendMode",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-blend-mode`.",
);
pub(super) const BACKGROUND_CLIP: Field = optional(
    "backgroundClip",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-clip`.",
);
pub(super) const BACKGROUND_COLOR: Field = optional(
    "backgroundColor",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssColor)),
    "CSS `background-color`.",
);
pub(super) const BACKGROUND_COLOR_REQUIRED: Field = required(
    "backgroundColor",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssColor)),
    "CSS `background-color`.",
);
pub(super) const BACKGROUND_IMAGE: Field = optional(
    "backgroundImage",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-image`.",
);
pub(super) const BACKGROUND_ORIGIN: Field = optional(
    "backgroundOrigin",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-origin`.",
);
pub(super) const BACKGROUND_POSITION: Field = optional(
    "backgroundPosition",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-position`.",
);
pub(super) const BACKGROUND_REPEAT: Field = optional(
    "backgroundRepeat",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssValue)),
    "CSS `background-repeat`.",
);
pub(super) const BACKGROUND_SIZE: Field = optional(
    "backgroundSize",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssSize)),
    "CSS `background-size`.",
);
pub(super) const BORDER_RADIUS: Field = required(
    "borderRadius",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssLengths)),
    "CSS `border-radius`.",
);
pub(super) const CACHEABLE: Field = optional(
    "cacheable",
    Type::Boolean,
    "Whether the browser may keep the page. Its address then carries no token and no context.",
)
.or("false");
pub(super) const CATEGORIES: Field = optional(
    "categories",
    Type::List(&Type::Text(Text::any(100))),
    "Groups it is listed under.",
);
pub(super) const CHROME: Field = optional(
    "chrome",
    Type::Boolean,
    "Whether it has the frame and buttons of the product.",
)
.or("true");
pub(super) const COLOR: Field = required(
    "color",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssColor)),
    "CSS `color`.",
);
pub(super) const CONDITIONS: Field = optional(
    "conditions",
    Type::List(&Type::Condition),
    "When it is shown: all of these must hold.",
);
pub(super) const CONTENT: Field = required(
    "content",
    Type::Object(&LABEL_CONTENT_SHAPE),
    "What is shown on the button.",
);
pub(super) const CONTEXT: Field = optional(
    "context",
    Type::Enum(&["page", "addon", "product"]),
    "What a relative address is relative to: the page, the app or the product.",
)
.or("\"addon\"");
pub(super) const CREATE: Field = optional(
    "create",
    Type::Object(&PAGE_SHAPE),
    "Page that asks for the settings of a new one.",
);
pub(super) const DESCRIPTION: Field = required(
    "description",
    Type::Object(&TEXT_SHAPE),
    "What it is for, in a sentence.",
);
pub(super) const DESCRIPTION_OPTIONAL: Field = optional(
    "description",
    Type::Object(&TEXT_SHAPE),
    "What it is for, in a sentence.",
);
pub(super) const DOCUMENTATION: Field = optional(
    "documentation",
    Type::Object(&LINK_SHAPE),
    "Page that explains it.",
);
pub(super) const DOCUMENTATION_URL: Field = optional(
    "documentationUrl",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Page that explains how to use it.",
);
pub(super) const EDIT: Field = optional(
    "edit",
    Type::Object(&PAGE_SHAPE),
    "Page that edits the settings.",
);
pub(super) const EDITOR: Field = optional(
    "editor",
    Type::Object(&MACRO_EDITOR_SHAPE),
    "Dialog with the settings.",
);
pub(super) const EVALUATION_CONTEXT: Field = optional(
    "evaluationContext",
    Type::Enum(&["user", "app"]),
    "On whose behalf the expression runs.",
);
pub(super) const EXPRESSION: Field = required(
    "expression",
    Type::Text(Text::any(NO_LIMIT)),
    "Jira expression that decides.",
);
pub(super) const FEATURED: Field = optional(
    "featured",
    Type::Boolean,
    "Whether it stands in the insert menu itself.",
)
.or("false");
pub(super) const FULL_PAGE: Field = optional(
    "fullPage",
    Type::Boolean,
    "Whether the page does without the frame of the administration.",
)
.or("false");
pub(super) const GROUP: Field = optional(
    "group",
    Type::Text(Text::any(NO_LIMIT)),
    "Key of the group it belongs to.",
);
pub(super) const HEADER: Field = optional("header", Type::Object(&TEXT_SHAPE), "Title.");
pub(super) const HEIGHT: Field = optional("height", Type::Integer, "Height.");
pub(super) const HEIGHT_OPTIONAL: Field = optional("height", Type::Text(Text::any(10)), "Height.");
pub(super) const HIDDEN: Field = optional(
    "hidden",
    Type::Boolean,
    "Whether it is left out of the list of macros.",
)
.or("false");
pub(super) const HOME_URL: Field = required(
    "homeUrl",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Home page of the tool.",
);
pub(super) const HOVER_OR_FOCUS: Field = required(
    "hoverOrFocus",
    Type::Object(&HOVER_OR_FOCUS_SHAPE),
    "While the pointer rests on it.",
);
pub(super) const I18N: Field = optional(
    "i18n",
    Type::Text(Text::any(300)),
    "Key of the text in the translation files.",
);
pub(super) const ICON: Field = optional(
    "icon",
    Type::Object(&ICON_SHAPE),
    "Picture shown beside the name.",
);
pub(super) const ICON_REQUIRED: Field = required(
    "icon",
    Type::Object(&ICON_SHAPE),
    "Picture shown beside the name.",
);
pub(super) const IMAGE_PLACEHOLDER: Field = optional(
    "imagePlaceholder",
    Type::Object(&IMAGE_PLACEHOLDER_SHAPE),
    "Picture shown in the editor.",
);
pub(super) const INDEXING: Field = optional(
    "indexing",
    Type::Object(&INDEXING_SHAPE),
    "Whether the search index holds it.",
);
pub(super) const JIRA_NATIVE_APPS_ENABLED: Field = optional(
    "jiraNativeAppsEnabled",
    Type::Boolean,
    "Whether the native mobile apps show it as well.",
)
.or("false");
pub(super) const KEY: Field = required(
    "key",
    Type::Text(Text::of(100, TextRule::ModuleKey)),
    "Name of the module, unique within the app. It is part of the address of the page.",
);
pub(super) const LABEL: Field =
    required("label", Type::Object(&TEXT_SHAPE), "Text that people see.");
pub(super) const LOCATION: Field = optional(
    "location",
    Type::Text(Text::any(100)),
    "Where in the product it stands.",
);
pub(super) const LOCATION_REQUIRED: Field = required(
    "location",
    Type::Text(Text::any(100)),
    "Where in the product it stands.",
);
pub(super) const LOGO_URL: Field = optional(
    "logoUrl",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Logo of the tool.",
);
pub(super) const NAME: Field = required("name", Type::Object(&TEXT_SHAPE), "Name that people see.");
pub(super) const NAME_REQUIRED: Field =
    required("name", Type::Text(Text::any(NO_LIMIT)), "Its name.");
pub(super) const ON_ENTITY_ASSOCIATED: Field = optional(
    "onEntityAssociated",
    Type::Object(&ACTION_SHAPE),
    "Told when something is linked.",
);
pub(super) const ON_ENTITY_DISASSOCIATED: Field = optional(
    "onEntityDisassociated",
    Type::Object(&ACTION_SHAPE),
    "Told when a link is removed.",
);
pub(super) const OUTPUT_TYPE: Field = optional(
    "outputType",
    Type::Enum(&["block", "inline"]),
    "Whether it stands on its own or in a line.",
)
.or("\"block\"");
pub(super) const PADDING: Field = required(
    "padding",
    Type::Text(Text::of(NO_LIMIT, TextRule::CssLengths)),
    "CSS `padding`.",
);
pub(super) const PAGES: Field = optional(
    "pages",
    Type::List(&Type::Enum(&[
        "help_center",
        "portal",
        "create_request",
        "view_request",
        "my_requests",
        "approvals",
        "profile",
    ])),
    "Pages of the portal that show it.",
);
pub(super) const PARAMS: Field = optional(
    "params",
    Type::Map(&Type::Any),
    "Free values for the place where it stands.",
);
pub(super) const PATH: Field = required(
    "path",
    Type::Text(Text::any(NO_LIMIT)),
    "Path to the value within the property.",
);
pub(super) const SIZE: Field = optional(
    "size",
    Type::Enum(&[
        "small",
        "medium",
        "large",
        "x-large",
        "fullscreen",
        "maximum",
    ]),
    "One of the set sizes, instead of width and height.",
);
pub(super) const TARGET: Field = optional(
    "target",
    Type::Object(&TARGET_SHAPE),
    "What opens, and how.",
);
pub(super) const TARGET_OPTIONAL: Field = optional(
    "target",
    Type::Object(&PORTAL_TARGET_SHAPE),
    "What opens, and how.",
);
pub(super) const TARGET_REQUIRED: Field = required(
    "target",
    Type::Object(&WEB_PANEL_TARGET_SHAPE),
    "What opens, and how.",
);
pub(super) const TEMPLATE_URL: Field = required(
    "templateUrl",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Address with placeholders that carries out the action.",
);
pub(super) const TOOLTIP: Field = optional(
    "tooltip",
    Type::Object(&TEXT_SHAPE),
    "Text shown while the pointer rests on it.",
);
pub(super) const TYPE: Field = required(
    "type",
    Type::Enum(&["number", "text", "string", "user", "date"]),
    "Its kind.",
);
pub(super) const URL: Field = required(
    "url",
    Type::Text(Text::of(NO_LIMIT, TextRule::AppUrl)),
    "What the host loads: a path relative to the base URL of the app.",
);
pub(super) const URL_2: Field = optional(
    "url",
    Type::Text(Text::of(NO_LIMIT, TextRule::AppUrl)),
    "What the host loads: a path relative to the base URL of the app.",
);
pub(super) const URL_OPTIONAL: Field = optional(
    "url",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Address: relative to the base URL, or absolute.",
);
pub(super) const URL_REQUIRED: Field = required(
    "url",
    Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
    "Address: relative to the base URL, or absolute.",
);
pub(super) const VALUE: Field = required(
    "value",
    Type::Text(Text::any(1500)),
    "The text in the default language.",
);
pub(super) const VIEW: Field = optional(
    "view",
    Type::Object(&PAGE_SHAPE),
    "Page that shows the settings.",
);
pub(super) const WEIGHT: Field = optional(
    "weight",
    Type::Integer,
    "Order among its neighbours: the lightest comes first.",
)
.or("100");
pub(super) const WEIGHT_OPTIONAL: Field = optional(
    "weight",
    Type::Integer,
    "Order among its neighbours: the lightest comes first.",
);
pub(super) const WIDTH: Field = optional("width", Type::Integer, "Width.");
pub(super) const WIDTH_OPTIONAL: Field = optional("width", Type::Text(Text::any(10)), "Width.");
