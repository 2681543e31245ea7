//! Module types of Jira Service Management.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CHROME, CONDITIONS, CONTEXT, GROUP, HEADER, KEY, NAME, PAGES, TARGET, TARGET_OPTIONAL, TOOLTIP,
    URL, URL_2, URL_OPTIONAL, URL_REQUIRED, WEIGHT,
};
use crate::table::{Others, Shape, Type, optional, shape};

pub(super) static SERVICE_DESK_PORTAL_HEADERS: Shape = shape(
    "serviceDeskPortalHeaders",
    &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_SUB_HEADERS: Shape = shape(
    "serviceDeskPortalSubHeaders",
    &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_FOOTERS: Shape = shape(
    "serviceDeskPortalFooters",
    &[KEY, URL, CONDITIONS, PAGES, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_REQUEST_CREATE_PROPERTY_PANELS: Shape = shape(
    "serviceDeskPortalRequestCreatePropertyPanels",
    &[KEY, URL, CONDITIONS, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_DETAILS_PANELS: Shape = shape(
    "serviceDeskPortalRequestViewDetailsPanels",
    &[KEY, URL, CONDITIONS, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_PANELS: Shape = shape(
    "serviceDeskPortalRequestViewPanels",
    &[KEY, URL, CONDITIONS, WEIGHT],
);

pub(super) static SERVICE_DESK_PORTAL_PROFILE_PANELS: Shape = shape(
    "serviceDeskPortalProfilePanels",
    &[KEY, URL, CONDITIONS, WEIGHT],
);

pub(super) static SERVICE_DESK_QUEUES: Shape = shape(
    "serviceDeskQueues",
    &[KEY, NAME, URL_2, CONDITIONS, GROUP, WEIGHT],
);

pub(super) static SERVICE_DESK_REPORTS: Shape = shape(
    "serviceDeskReports",
    &[KEY, NAME, URL_2, CONDITIONS, GROUP, WEIGHT],
);

pub(super) static SERVICE_DESK_ORGANIZATION_PANELS: Shape = shape(
    "serviceDeskOrganizationPanels",
    &[KEY, URL, CONDITIONS, WEIGHT],
);

pub(super) static SERVICE_DESK_REPORT_GROUPS: Shape =
    shape("serviceDeskReportGroups", &[KEY, NAME, CONDITIONS, WEIGHT]);

pub(super) static SERVICE_DESK_QUEUE_GROUPS: Shape =
    shape("serviceDeskQueueGroups", &[KEY, NAME, CONDITIONS, WEIGHT]);

pub(super) static SERVICE_DESK_PORTAL_USER_MENU_ACTIONS: Shape = shape(
    "serviceDeskPortalUserMenuActions",
    &[
        KEY,
        NAME,
        URL_REQUIRED,
        CONDITIONS,
        CONTEXT,
        TARGET_OPTIONAL,
        WEIGHT,
    ],
);

pub(super) static PORTAL_TARGET_SHAPE: Shape = shape(
    "target",
    &[
        optional(
            "options",
            Type::Object(&PORTAL_DIALOG_OPTIONS_SHAPE),
            "Settings of the target.",
        ),
        optional("type", Type::Enum(&["page", "dialog"]), "Its kind.").or("\"page\""),
    ],
);

pub(super) static PORTAL_DIALOG_OPTIONS_SHAPE: Shape = shape(
    "options",
    &[
        CHROME,
        HEADER,
        optional(
            "size",
            Type::Enum(&["small", "medium", "large", "x-large"]),
            "One of the set sizes, instead of width and height.",
        ),
    ],
);

pub(super) static SERVICE_DESK_PORTAL_PROFILE_ACTIONS: Shape = shape(
    "serviceDeskPortalProfileActions",
    &[
        KEY,
        NAME,
        URL_REQUIRED,
        CONDITIONS,
        CONTEXT,
        TARGET_OPTIONAL,
        WEIGHT,
    ],
);

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS: Shape = shape(
    "serviceDeskPortalRequestViewActions",
    &[
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
);

pub(super) static SERVICE_DESK_PORTAL_REQUEST_VIEW_ACTIONS_ICON_SHAPE: Shape = Shape {
    name: "icon",
    others: Others::Refused,
    fields: &[URL_REQUIRED],
};

pub(super) static SERVICE_DESK_ORGANIZATION_ACTIONS: Shape = shape(
    "serviceDeskOrganizationActions",
    &[KEY, NAME, URL_OPTIONAL, CONDITIONS, TARGET, TOOLTIP, WEIGHT],
);
