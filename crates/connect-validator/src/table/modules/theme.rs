//! Colours and backgrounds of Confluence themes.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    BACKGROUND, BACKGROUND_ATTACHMENT, BACKGROUND_BLEND_MODE, BACKGROUND_CLIP, BACKGROUND_COLOR,
    BACKGROUND_COLOR_REQUIRED, BACKGROUND_IMAGE, BACKGROUND_ORIGIN, BACKGROUND_POSITION,
    BACKGROUND_REPEAT, BACKGROUND_SIZE, BORDER_RADIUS, COLOR, HOVER_OR_FOCUS, PADDING,
};
use crate::table::{NO_LIMIT, Others, Shape, Text, TextRule, Type, optional, required};

pub(super) static LOOK_AND_FEEL_SHAPE: Shape = Shape {
    name: "lookAndFeel",
    others: Others::Ignored,
    fields: &[
        required(
            "bordersAndDividers",
            Type::Object(&BORDERS_AND_DIVIDERS_SHAPE),
            "Lines.",
        ),
        required(
            "content",
            Type::Object(&CONTENT_SHAPE),
            "What is shown on the button.",
        ),
        required("header", Type::Object(&HEADER_SHAPE), "Title."),
        required("headings", Type::Object(&HEADINGS_SHAPE), "Headings."),
        required("links", Type::Object(&LINKS_SHAPE), "Links."),
        required("menus", Type::Object(&MENUS_SHAPE), "Menus."),
    ],
};

pub(super) static BORDERS_AND_DIVIDERS_SHAPE: Shape = Shape {
    name: "bordersAndDividers",
    others: Others::Ignored,
    fields: &[COLOR],
};

pub(super) static CONTENT_SHAPE: Shape = Shape {
    name: "content",
    others: Others::Ignored,
    fields: &[
        required("body", Type::Object(&BODY_SHAPE), "Box of the page itself."),
        required(
            "container",
            Type::Object(&CONTAINER_SHAPE),
            "Box around the content.",
        ),
        required("header", Type::Object(&CONTENT_HEADER_SHAPE), "Title."),
        required("screen", Type::Object(&SCREEN_SHAPE), "Whole screen."),
    ],
};

pub(super) static BODY_SHAPE: Shape = Shape {
    name: "body",
    others: Others::Ignored,
    fields: &[
        BACKGROUND,
        BACKGROUND_ATTACHMENT,
        BACKGROUND_BLEND_MODE,
        BACKGROUND_CLIP,
        BACKGROUND_COLOR,
        BACKGROUND_IMAGE,
        BACKGROUND_ORIGIN,
        BACKGROUND_POSITION,
        BACKGROUND_REPEAT,
        BACKGROUND_SIZE,
        BORDER_RADIUS,
        PADDING,
    ],
};

pub(super) static CONTAINER_SHAPE: Shape = Shape {
    name: "container",
    others: Others::Ignored,
    fields: &[
        BACKGROUND,
        BACKGROUND_ATTACHMENT,
        BACKGROUND_BLEND_MODE,
        BACKGROUND_CLIP,
        BACKGROUND_COLOR,
        BACKGROUND_IMAGE,
        BACKGROUND_ORIGIN,
        BACKGROUND_POSITION,
        BACKGROUND_REPEAT,
        BACKGROUND_SIZE,
        BORDER_RADIUS,
        PADDING,
    ],
};

pub(super) static CONTENT_HEADER_SHAPE: Shape = Shape {
    name: "contentHeader",
    others: Others::Ignored,
    fields: &[
        BACKGROUND,
        BACKGROUND_ATTACHMENT,
        BACKGROUND_BLEND_MODE,
        BACKGROUND_CLIP,
        BACKGROUND_COLOR,
        BACKGROUND_IMAGE,
        BACKGROUND_ORIGIN,
        BACKGROUND_POSITION,
        BACKGROUND_REPEAT,
        BACKGROUND_SIZE,
        BORDER_RADIUS,
        PADDING,
    ],
};

pub(super) static SCREEN_SHAPE: Shape = Shape {
    name: "screen",
    others: Others::Ignored,
    fields: &[
        BACKGROUND,
        BACKGROUND_ATTACHMENT,
        BACKGROUND_BLEND_MODE,
        BACKGROUND_CLIP,
        BACKGROUND_COLOR,
        BACKGROUND_IMAGE,
        BACKGROUND_ORIGIN,
        BACKGROUND_POSITION,
        BACKGROUND_REPEAT,
        BACKGROUND_SIZE,
        required(
            "gutterBottom",
            Type::Text(Text::of(NO_LIMIT, TextRule::Gutter)),
            "Space below.",
        ),
        required(
            "gutterLeft",
            Type::Text(Text::of(NO_LIMIT, TextRule::GutterSide)),
            "Space at the left.",
        ),
        required(
            "gutterRight",
            Type::Text(Text::of(NO_LIMIT, TextRule::GutterSide)),
            "Space at the right.",
        ),
        required(
            "gutterTop",
            Type::Text(Text::of(NO_LIMIT, TextRule::Gutter)),
            "Space above.",
        ),
        optional(
            "layer",
            Type::Object(&LAYER_SHAPE),
            "Layer between screen and content.",
        ),
    ],
};

pub(super) static LAYER_SHAPE: Shape = Shape {
    name: "layer",
    others: Others::Ignored,
    fields: &[
        BACKGROUND,
        BACKGROUND_ATTACHMENT,
        BACKGROUND_BLEND_MODE,
        BACKGROUND_CLIP,
        BACKGROUND_COLOR,
        BACKGROUND_IMAGE,
        BACKGROUND_ORIGIN,
        BACKGROUND_POSITION,
        BACKGROUND_REPEAT,
        BACKGROUND_SIZE,
        required(
            "height",
            Type::Text(Text::of(NO_LIMIT, TextRule::CssLength)),
            "Height.",
        ),
        required(
            "width",
            Type::Text(Text::of(NO_LIMIT, TextRule::CssLength)),
            "Width.",
        ),
    ],
};

pub(super) static HEADER_SHAPE: Shape = Shape {
    name: "header",
    others: Others::Ignored,
    fields: &[
        BACKGROUND_COLOR_REQUIRED,
        required(
            "button",
            Type::Object(&BUTTON_SHAPE),
            "Buttons of the header.",
        ),
        required(
            "primaryNavigation",
            Type::Object(&PRIMARY_NAVIGATION_SHAPE),
            "Links in the header.",
        ),
        required(
            "search",
            Type::Object(&SEARCH_SHAPE),
            "Search field of the header.",
        ),
        required(
            "secondaryNavigation",
            Type::Object(&SECONDARY_NAVIGATION_SHAPE),
            "Links in the side bar.",
        ),
    ],
};

pub(super) static BUTTON_SHAPE: Shape = Shape {
    name: "button",
    others: Others::Ignored,
    fields: &[BACKGROUND_COLOR_REQUIRED, COLOR],
};

pub(super) static PRIMARY_NAVIGATION_SHAPE: Shape = Shape {
    name: "primaryNavigation",
    others: Others::Ignored,
    fields: &[COLOR, HOVER_OR_FOCUS],
};

pub(super) static HOVER_OR_FOCUS_SHAPE: Shape = Shape {
    name: "hoverOrFocus",
    others: Others::Ignored,
    fields: &[
        BACKGROUND_COLOR_REQUIRED,
        optional(
            "color",
            Type::Text(Text::of(NO_LIMIT, TextRule::CssColor)),
            "CSS `color`.",
        ),
    ],
};

pub(super) static SEARCH_SHAPE: Shape = Shape {
    name: "search",
    others: Others::Ignored,
    fields: &[BACKGROUND_COLOR_REQUIRED, COLOR],
};

pub(super) static SECONDARY_NAVIGATION_SHAPE: Shape = Shape {
    name: "secondaryNavigation",
    others: Others::Ignored,
    fields: &[COLOR, HOVER_OR_FOCUS],
};

pub(super) static HEADINGS_SHAPE: Shape = Shape {
    name: "headings",
    others: Others::Ignored,
    fields: &[COLOR],
};

pub(super) static LINKS_SHAPE: Shape = Shape {
    name: "links",
    others: Others::Ignored,
    fields: &[COLOR],
};

pub(super) static MENUS_SHAPE: Shape = Shape {
    name: "menus",
    others: Others::Ignored,
    fields: &[COLOR, HOVER_OR_FOCUS],
};
