//! Module types of the Jira platform for its data: properties, permissions, fields and searches.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    ALIAS, CONDITIONS, DESCRIPTION, KEY, NAME, NAME_REQUIRED, PATH, TYPE, URL, URL_REQUIRED,
};
use crate::table::{NO_LIMIT, Shape, Text, Type, optional, required, shape};

pub(super) static JIRA_ENTITY_PROPERTIES: Shape = shape(
    "jiraEntityProperties",
    &[
        KEY,
        NAME,
        optional(
            "entityType",
            Type::Enum(&["issue", "user", "project"]),
            "What the properties belong to.",
        )
        .or("\"issue\""),
        optional(
            "keyConfigurations",
            Type::List(&Type::Object(
                &JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_SHAPE,
            )),
            "The properties and what of them can be searched for.",
        ),
    ],
);

pub(super) static JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_SHAPE: Shape = shape(
    "keyConfigurations",
    &[
        required(
            "extractions",
            Type::List(&Type::Object(
                &JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_EXTRACTIONS_SHAPE,
            )),
            "Values in the property that can be searched for.",
        ),
        required(
            "propertyKey",
            Type::Text(Text::any(NO_LIMIT)),
            "Key of the entity property.",
        ),
    ],
);

pub(super) static JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_EXTRACTIONS_SHAPE: Shape = shape(
    "extractions",
    &[
        ALIAS,
        required(
            "objectName",
            Type::Text(Text::any(NO_LIMIT)),
            "Path to the value within the property.",
        ),
        TYPE,
    ],
);

pub(super) static JIRA_PROJECT_PERMISSIONS: Shape = shape(
    "jiraProjectPermissions",
    &[
        KEY,
        NAME,
        optional(
            "category",
            Type::Enum(&[
                "projects",
                "issues",
                "voters_and_watchers",
                "comments",
                "attachments",
                "time_tracking",
                "other",
            ]),
            "Group it is listed under.",
        )
        .or("\"other\""),
        CONDITIONS,
        DESCRIPTION,
    ],
);

pub(super) static JIRA_GLOBAL_PERMISSIONS: Shape = shape(
    "jiraGlobalPermissions",
    &[
        KEY,
        NAME,
        optional(
            "anonymousAllowed",
            Type::Boolean,
            "Whether it can be given to people who are not logged in.",
        )
        .or("true"),
        optional(
            "defaultGrants",
            Type::List(&Type::Enum(&["none", "jira-administrators", "all"])),
            "Who has the permission at first.",
        ),
        DESCRIPTION,
    ],
);

pub(super) static JIRA_ISSUE_FIELDS: Shape = shape(
    "jiraIssueFields",
    &[
        KEY,
        NAME,
        DESCRIPTION,
        optional(
            "extractions",
            Type::List(&Type::Object(&JIRA_ISSUE_FIELDS_EXTRACTIONS_SHAPE)),
            "Values in the property that can be searched for.",
        ),
        optional(
            "property",
            Type::Object(&JIRA_ISSUE_FIELDS_PROPERTY_SHAPE),
            "The entity property that holds the value.",
        ),
        optional(
            "template",
            Type::Object(&JIRA_ISSUE_FIELDS_TEMPLATE_SHAPE),
            "How a value is shown.",
        ),
        required(
            "type",
            Type::Enum(&[
                "string",
                "text",
                "rich_text",
                "single_select",
                "multi_select",
                "number",
                "read_only",
            ]),
            "Its kind.",
        ),
    ],
);

pub(super) static JIRA_ISSUE_FIELDS_EXTRACTIONS_SHAPE: Shape = shape(
    "extractions",
    &[
        optional("name", Type::Text(Text::any(NO_LIMIT)), "Its name."),
        PATH,
        TYPE,
    ],
);

pub(super) static JIRA_ISSUE_FIELDS_PROPERTY_SHAPE: Shape = shape(
    "property",
    &[
        required(
            "key",
            Type::Text(Text::any(NO_LIMIT)),
            "Key of the module it opens.",
        ),
        PATH,
        required(
            "type",
            Type::Enum(&["number", "string", "date"]),
            "Its kind.",
        ),
    ],
);

pub(super) static JIRA_ISSUE_FIELDS_TEMPLATE_SHAPE: Shape = shape(
    "template",
    &[
        URL_REQUIRED,
        required("type", Type::Enum(&["link"]), "Its kind."),
    ],
);

pub(super) static JIRA_ISSUE_TYPES: Shape = shape(
    "jiraIssueTypes",
    &[
        KEY,
        NAME,
        DESCRIPTION,
        required("type", Type::Enum(&["standard", "subtask"]), "Its kind."),
    ],
);

pub(super) static JIRA_TIME_TRACKING_PROVIDERS: Shape = shape(
    "jiraTimeTrackingProviders",
    &[
        KEY,
        NAME,
        optional(
            "adminPageKey",
            Type::Text(Text::any(NO_LIMIT)),
            "Key of the admin page with the settings.",
        ),
    ],
);

pub(super) static JIRA_JQL_FUNCTIONS: Shape = shape(
    "jiraJqlFunctions",
    &[
        KEY,
        NAME_REQUIRED,
        URL,
        required(
            "arguments",
            Type::List(&Type::Object(&JIRA_JQL_FUNCTIONS_ARGUMENTS_SHAPE)),
            "What the function takes; optional ones come last.",
        ),
        required(
            "operators",
            Type::List(&Type::Enum(&[
                "eq",
                "neq",
                "gt",
                "gte",
                "lt",
                "lte",
                "in",
                "not_in",
                "contains",
                "not_contains",
                "is",
                "is_not",
            ])),
            "Operators the function can stand behind.",
        ),
        required(
            "types",
            Type::List(&Type::Enum(&[
                "issue",
                "project",
                "project_category",
                "project_type",
                "hierarchy_level",
                "version",
                "component",
                "user",
                "group",
                "team",
                "project_role",
                "priority",
                "resolution",
                "issue_type",
                "status",
                "status_category",
                "cascading_option",
                "option",
                "saved_filter",
                "issue_security_level",
                "issue_restriction",
                "label",
                "attachment",
                "issue_list",
                "issue_link_type",
                "date",
                "text",
                "number",
                "duration",
                "url",
            ])),
            "Types of values the function returns.",
        ),
    ],
);

pub(super) static JIRA_JQL_FUNCTIONS_ARGUMENTS_SHAPE: Shape = shape(
    "arguments",
    &[
        NAME_REQUIRED,
        required("required", Type::Boolean, "Whether it must be given."),
    ],
);
