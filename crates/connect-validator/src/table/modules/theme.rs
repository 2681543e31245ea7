//! Colours and backgrounds of Confluence themes.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    BACKGROUND, BACKGROUND_ATTACHMENT, BACKGROUND_BLEND_MODE, BACKGROUND_CLIP, BACKGROUND_COLOR,
    BACKGROUND_COLOR_REQUIRED, BACKGROUND_IMAGE, BACKGROUND_ORIGIN, BACKGROUND_POSITION,
    BACKGROUND_REPEAT, BACKGROUND_SIZE, BORDER_RADIUS, COLOR, HOVER_OR_FOCUS, PADDING,
};
use crate::table::{NO_LIMIT, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static LOOK_AND_FEEL_SHAPE: Shape = shape(
    "lookAndFeel",
    &[
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
);

pub(super) static BORDERS_AND_DIVIDERS_SHAPE: Shape = shape("bordersAndDividers", &[COLOR]);

pub(super) static CONTENT_SHAPE: Shape = shape(
    "content",
    &[
        required("body", Type::Object(&BODY_SHAPE), "Box of the page itself."),
        required(
            "container",
            Type::Object(&CONTAINER_SHAPE),
            "Box around the content.",
        ),
        required("header", Type::Object(&CONTENT_HEADER_SHAPE), "Title."),
        required("screen", Type::Object(&SCREEN_SHAPE), "Whole screen."),
    ],
);

pub(super) static BODY_SHAPE: Shape = shape(
    "body",
    &[
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
);

pub(super) static CONTAINER_SHAPE: Shape = shape(
    "container",
    &[
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
);

pub(super) static CONTENT_HEADER_SHAPE: Shape = shape(
    "contentHeader",
    &[
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
);

pub(super) static SCREEN_SHAPE: Shape = shape(
    "screen",
    &[
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
);

pub(super) static LAYER_SHAPE: Shape = shape(
    "layer",
    &[
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
);

pub(super) static HEADER_SHAPE: Shape = shape(
    "header",
    &[
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
);

pub(super) static BUTTON_SHAPE: Shape = shape("button", &[BACKGROUND_COLOR_REQUIRED, COLOR]);

pub(super) static PRIMARY_NAVIGATION_SHAPE: Shape =
    shape("primaryNavigation", &[COLOR, HOVER_OR_FOCUS]);

pub(super) static HOVER_OR_FOCUS_SHAPE: Shape = shape(
    "hoverOrFocus",
    &[
        BACKGROUND_COLOR_REQUIRED,
        optional(
            "color",
            Type::Text(Text::of(NO_LIMIT, TextRule::CssColor)),
            "CSS `color`.",
        ),
    ],
);

pub(super) static SEARCH_SHAPE: Shape = shape("search", &[BACKGROUND_COLOR_REQUIRED, COLOR]);

pub(super) static SECONDARY_NAVIGATION_SHAPE: Shape =
    shape("secondaryNavigation", &[COLOR, HOVER_OR_FOCUS]);

pub(super) static HEADINGS_SHAPE: Shape = shape("headings", &[COLOR]);

pub(super) static LINKS_SHAPE: Shape = shape("links", &[COLOR]);

pub(super) static MENUS_SHAPE: Shape = shape("menus", &[COLOR, HOVER_OR_FOCUS]);
