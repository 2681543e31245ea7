//! Module types of the Jira platform that people see: pages, panels and views of an issue.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CONDITIONS, CONTENT, DESCRIPTION, DESCRIPTION_OPTIONAL, ICON_REQUIRED,
    JIRA_NATIVE_APPS_ENABLED, KEY, LABEL, NAME, PARAMS, TARGET_REQUIRED, URL, WEIGHT,
    WEIGHT_OPTIONAL,
};
use super::shared::TEXT_SHAPE;
use crate::table::{NO_LIMIT, Shape, Text, TextRule, Type, optional, required, shape};

pub(super) static JIRA_PROJECT_PAGES: Shape = shape(
    "jiraProjectPages",
    &[
        KEY,
        NAME,
        URL,
        CONDITIONS,
        optional(
            "iconUrl",
            Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
            "Picture shown beside the name.",
        ),
        WEIGHT,
    ],
);

pub(super) static JIRA_SEARCH_REQUEST_VIEWS: Shape = shape(
    "jiraSearchRequestViews",
    &[
        KEY,
        NAME,
        URL,
        CONDITIONS,
        DESCRIPTION_OPTIONAL,
        PARAMS,
        WEIGHT_OPTIONAL,
    ],
);

pub(super) static JIRA_ISSUE_GLANCES: Shape = shape(
    "jiraIssueGlances",
    &[
        KEY,
        NAME,
        CONDITIONS,
        CONTENT,
        ICON_REQUIRED,
        JIRA_NATIVE_APPS_ENABLED,
        TARGET_REQUIRED,
    ],
);

pub(super) static LABEL_CONTENT_SHAPE: Shape = shape(
    "content",
    &[LABEL, required("type", Type::Enum(&["label"]), "Its kind.")],
);

pub(super) static WEB_PANEL_TARGET_SHAPE: Shape = shape(
    "target",
    &[
        URL,
        required("type", Type::Enum(&["web_panel"]), "Its kind."),
    ],
);

pub(super) static JIRA_ISSUE_TAB_PANELS: Shape = shape(
    "jiraIssueTabPanels",
    &[KEY, NAME, URL, CONDITIONS, PARAMS, WEIGHT_OPTIONAL],
);

pub(super) static JIRA_PROJECT_ADMIN_TAB_PANELS: Shape = shape(
    "jiraProjectAdminTabPanels",
    &[
        KEY,
        NAME,
        URL,
        CONDITIONS,
        optional(
            "location",
            Type::Text(Text::any(NO_LIMIT)),
            "Where in the product it stands.",
        ),
        PARAMS,
        WEIGHT_OPTIONAL,
    ],
);

pub(super) static JIRA_BACKGROUND_SCRIPTS: Shape = shape(
    "jiraBackgroundScripts",
    &[
        KEY,
        URL,
        required(
            "location",
            Type::Object(&JIRA_BACKGROUND_SCRIPTS_LOCATION_SHAPE),
            "Where in the product it stands.",
        ),
    ],
);

pub(super) static JIRA_BACKGROUND_SCRIPTS_LOCATION_SHAPE: Shape = shape(
    "location",
    &[
        optional(
            "shouldReloadOnRefresh",
            Type::Boolean,
            "Whether it starts again when the view is refreshed.",
        ),
        required(
            "type",
            Type::Enum(&["issue_view", "dashboard"]),
            "Its kind.",
        ),
    ],
);

pub(super) static JIRA_REPORTS: Shape = shape(
    "jiraReports",
    &[
        KEY,
        NAME,
        URL,
        DESCRIPTION,
        optional(
            "reportCategory",
            Type::Enum(&["agile", "issue_analysis", "forecast_management", "other"]),
            "Group the report is listed under.",
        )
        .or("\"other\""),
        optional(
            "thumbnailUrl",
            Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
            "Small picture of it.",
        ),
    ],
);

pub(super) static JIRA_ISSUE_CONTEXTS: Shape = shape(
    "jiraIssueContexts",
    &[
        KEY,
        NAME,
        CONDITIONS,
        CONTENT,
        ICON_REQUIRED,
        JIRA_NATIVE_APPS_ENABLED,
        TARGET_REQUIRED,
    ],
);

pub(super) static JIRA_DASHBOARD_ITEMS: Shape = shape(
    "jiraDashboardItems",
    &[
        KEY,
        NAME,
        URL,
        CONDITIONS,
        optional(
            "configurable",
            Type::Boolean,
            "Whether people can set it up.",
        )
        .or("false"),
        DESCRIPTION,
        optional("refreshable", Type::Boolean, "Whether it can be refreshed.").or("false"),
        required(
            "thumbnailUrl",
            Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
            "Small picture of it.",
        ),
    ],
);

pub(super) static JIRA_ISSUE_CONTENTS: Shape = shape(
    "jiraIssueContents",
    &[
        KEY,
        NAME,
        CONDITIONS,
        optional(
            "contentPresentConditions",
            Type::List(&Type::Condition),
            "When the content is shown without a click.",
        ),
        ICON_REQUIRED,
        JIRA_NATIVE_APPS_ENABLED,
        TARGET_REQUIRED,
        required(
            "tooltip",
            Type::Object(&TEXT_SHAPE),
            "Text shown while the pointer rests on it.",
        ),
    ],
);

pub(super) static JIRA_PROJECT_TAB_PANELS: Shape = shape(
    "jiraProjectTabPanels",
    &[KEY, NAME, URL, CONDITIONS, PARAMS, WEIGHT_OPTIONAL],
);

pub(super) static ASSET_PANELS: Shape = shape("assetPanels", &[KEY, NAME, URL]);
