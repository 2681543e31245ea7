//! Module types of Jira Service Management.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CHROME, CONDITIONS, CONTEXT, GROUP, HEADER, KEY, NAME, PAGES, TARGET, TARGET_OPTIONAL, TOOLTIP,
    URL, URL_2, URL_OPTIONAL, URL_REQUIRED, WEIGHT,
};
use crate::table::{Others, Shape, Type, optional};

pub(super) static SERVICE_DESK_PORTAL_HEADERS: Shape = Shape {
    name: "serviceDeskPortalHeaders",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_SUB_HEADERS: Shape = Shape {
    name: "serviceDeskPortalSubHeaders",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_FOOTERS: Shape = Shape {
    name: "serviceDeskPortalFooters",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_REQUEST_CREATE_PROPERTY_PANELS: Shape = Shape {
    name: "serviceDeskPortalRequestCreatePropertyPanels",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_DETAILS_PANELS: Shape = Shape {
    name: "serviceDeskPortalRequestViewDetailsPanels",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_PANELS: Shape = Shape {
    name: "serviceDeskPortalRequestViewPanels",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_PROFILE_PANELS: Shape = Shape {
    name: "serviceDeskPortalProfilePanels",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_QUEUES: Shape = Shape {
    name: "serviceDeskQueues",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL_2, CONDITIONS, GROUP, WEIGHT],
};

pub(super) static SERVICE_DESK_REPORTS: Shape = Shape {
    name: "serviceDeskReports",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL_2, CONDITIONS, GROUP, WEIGHT],
};

pub(super) static SERVICE_DESK_ORGANIZATION_PANELS: Shape = Shape {
    name: "serviceDeskOrganizationPanels",
    others: Others::Ignored,
    fields: &[KEY, URL, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_REPORT_GROUPS: Shape = Shape {
    name: "serviceDeskReportGroups",
    others: Others::Ignored,
    fields: &[KEY, NAME, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_QUEUE_GROUPS: Shape = Shape {
    name: "serviceDeskQueueGroups",
    others: Others::Ignored,
    fields: &[KEY, NAME, CONDITIONS, WEIGHT],
};

pub(super) static SERVICE_DESK_PORTAL_USER_MENU_ACTIONS: Shape = Shape {
    name: "serviceDeskPortalUserMenuActions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        URL_REQUIRED,
        CONDITIONS,
        CONTEXT,
        TARGET_OPTIONAL,
        WEIGHT,
    ],
};

pub(super) static PORTAL_TARGET_SHAPE: Shape = Shape {
    name: "target",
    others: Others::Ignored,
    fields: &[
        optional(
            "options",
            Type::Object(&PORTAL_DIALOG_OPTIONS_SHAPE),
            "Settings of the target.",
        ),
        optional("type", Type::Enum(&["page", "dialog"]), "Its kind.").or("\"page\""),
    ],
};

pub(super) static PORTAL_DIALOG_OPTIONS_SHAPE: Shape = Shape {
    name: "options",
    others: Others::Ignored,
    fields: &[
        CHROME,
        HEADER,
        optional(
            "size",
            Type::Enum(&["small", "medium", "large", "x-large"]),
            "One of the set sizes, instead of width and height.",
        ),
    ],
};

pub(super) static SERVICE_DESK_PORTAL_PROFILE_ACTIONS: Shape = Shape {
    name: "serviceDeskPortalProfileActions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        URL_REQUIRED,
        CONDITIONS,
        CONTEXT,
        TARGET_OPTIONAL,
        WEIGHT,
    ],
};

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS: Shape = Shape {
    name: "serviceDeskPortalRequestViewActions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        URL_REQUIRED,
        CONDITIONS,
        CONTEXT,
        optional(
            "icon",
            Type::Object(&SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS_ICON_SHAPE),
            "Picture shown beside the name.",
        ),
        TARGET_OPTIONAL,
        WEIGHT,
    ],
};

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS_ICON_SHAPE: Shape = Shape {
    name: "icon",
    others: Others::Refused,
    fields: &[URL_REQUIRED],
};

pub(super) static SERVICE_DESK_ORGANIZATION_ACTIONS: Shape = Shape {
    name: "serviceDeskOrganizationActions",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL_OPTIONAL, CONDITIONS, TARGET, TOOLTIP, WEIGHT],
};
