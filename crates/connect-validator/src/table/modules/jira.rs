//! Module types of the Jira platform.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    ALIAS, CONDITIONS, CONTENT, CREATE, DESCRIPTION, DESCRIPTION_OPTIONAL, EDIT,
    EVALUATION_CONTEXT, EXPRESSION, I18N, ICON_REQUIRED, JIRA_NATIVE_APPS_ENABLED, KEY, LABEL,
    NAME, NAME_REQUIRED, PARAMS, PATH, TARGET_REQUIRED, TYPE, URL, URL_REQUIRED, VALUE, VIEW,
    WEIGHT, WEIGHT_OPTIONAL,
};
use super::shared::{CONFIG_FORM_SHAPE, PAGE_SHAPE, TEXT_SHAPE, WEBHOOK_SHAPE};
use crate::table::{NO_LIMIT, Others, Shape, Text, TextRule, Type, optional, required};

pub(super) static JIRA_ENTITY_PROPERTIES: Shape = Shape {
    name: "jiraEntityProperties",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_SHAPE: Shape = Shape {
    name: "keyConfigurations",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ENTITY_PROPERTIES_KEY_CONFIGURATIONS_EXTRACTIONS_SHAPE: Shape = Shape {
    name: "extractions",
    others: Others::Ignored,
    fields: &[
        ALIAS,
        required(
            "objectName",
            Type::Text(Text::any(NO_LIMIT)),
            "Path to the value within the property.",
        ),
        TYPE,
    ],
};

pub(super) static JIRA_PROJECT_PERMISSIONS: Shape = Shape {
    name: "jiraProjectPermissions",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_PROJECT_PAGES: Shape = Shape {
    name: "jiraProjectPages",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_SEARCH_REQUEST_VIEWS: Shape = Shape {
    name: "jiraSearchRequestViews",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        URL,
        CONDITIONS,
        DESCRIPTION_OPTIONAL,
        PARAMS,
        WEIGHT_OPTIONAL,
    ],
};

pub(super) static JIRA_ISSUE_GLANCES: Shape = Shape {
    name: "jiraIssueGlances",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        CONDITIONS,
        CONTENT,
        ICON_REQUIRED,
        JIRA_NATIVE_APPS_ENABLED,
        TARGET_REQUIRED,
    ],
};

pub(super) static LABEL_CONTENT_SHAPE: Shape = Shape {
    name: "content",
    others: Others::Ignored,
    fields: &[LABEL, required("type", Type::Enum(&["label"]), "Its kind.")],
};

pub(super) static WEB_PANEL_TARGET_SHAPE: Shape = Shape {
    name: "target",
    others: Others::Ignored,
    fields: &[
        URL,
        required("type", Type::Enum(&["web_panel"]), "Its kind."),
    ],
};

pub(super) static JIRA_ISSUE_TAB_PANELS: Shape = Shape {
    name: "jiraIssueTabPanels",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL, CONDITIONS, PARAMS, WEIGHT_OPTIONAL],
};

pub(super) static JIRA_WORKFLOW_CONDITIONS: Shape = Shape {
    name: "jiraWorkflowConditions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        CREATE,
        DESCRIPTION_OPTIONAL,
        EDIT,
        EVALUATION_CONTEXT,
        EXPRESSION,
        VIEW,
    ],
};

pub(super) static JIRA_PROJECT_ADMIN_TAB_PANELS: Shape = Shape {
    name: "jiraProjectAdminTabPanels",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_WORKFLOW_VALIDATORS: Shape = Shape {
    name: "jiraWorkflowValidators",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        CREATE,
        DESCRIPTION_OPTIONAL,
        EDIT,
        required(
            "errorMessage",
            Type::OneOf(&[&ERROR_EXPRESSION_SHAPE, &ERROR_TEXT_SHAPE]),
            "What people read when it does not hold.",
        ),
        EVALUATION_CONTEXT,
        EXPRESSION,
        VIEW,
    ],
};

pub(super) static ERROR_EXPRESSION_SHAPE: Shape = Shape {
    name: "errorMessage",
    others: Others::Ignored,
    fields: &[EXPRESSION],
};

pub(super) static ERROR_TEXT_SHAPE: Shape = Shape {
    name: "errorMessage",
    others: Others::Ignored,
    fields: &[I18N, VALUE],
};

pub(super) static JIRA_BACKGROUND_SCRIPTS: Shape = Shape {
    name: "jiraBackgroundScripts",
    others: Others::Ignored,
    fields: &[
        KEY,
        URL,
        required(
            "location",
            Type::Object(&JIRA_BACKGROUND_SCRIPTS_LOCATION_SHAPE),
            "Where in the product it stands.",
        ),
    ],
};

pub(super) static JIRA_BACKGROUND_SCRIPTS_LOCATION_SHAPE: Shape = Shape {
    name: "location",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_REPORTS: Shape = Shape {
    name: "jiraReports",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ISSUE_CONTEXTS: Shape = Shape {
    name: "jiraIssueContexts",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        CONDITIONS,
        CONTENT,
        ICON_REQUIRED,
        JIRA_NATIVE_APPS_ENABLED,
        TARGET_REQUIRED,
    ],
};

pub(super) static JIRA_DASHBOARD_ITEMS: Shape = Shape {
    name: "jiraDashboardItems",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_WORKFLOW_POST_FUNCTIONS: Shape = Shape {
    name: "jiraWorkflowPostFunctions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        CREATE,
        DESCRIPTION_OPTIONAL,
        EDIT,
        required(
            "triggered",
            Type::Object(&PAGE_SHAPE),
            "Called when the transition has happened.",
        ),
        VIEW,
    ],
};

pub(super) static JIRA_ISSUE_CONTENTS: Shape = Shape {
    name: "jiraIssueContents",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_PROJECT_TAB_PANELS: Shape = Shape {
    name: "jiraProjectTabPanels",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL, CONDITIONS, PARAMS, WEIGHT_OPTIONAL],
};

pub(super) static JIRA_GLOBAL_PERMISSIONS: Shape = Shape {
    name: "jiraGlobalPermissions",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ISSUE_FIELDS: Shape = Shape {
    name: "jiraIssueFields",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ISSUE_FIELDS_EXTRACTIONS_SHAPE: Shape = Shape {
    name: "extractions",
    others: Others::Ignored,
    fields: &[
        optional("name", Type::Text(Text::any(NO_LIMIT)), "Its name."),
        PATH,
        TYPE,
    ],
};

pub(super) static JIRA_ISSUE_FIELDS_PROPERTY_SHAPE: Shape = Shape {
    name: "property",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_ISSUE_FIELDS_TEMPLATE_SHAPE: Shape = Shape {
    name: "template",
    others: Others::Ignored,
    fields: &[
        URL_REQUIRED,
        required("type", Type::Enum(&["link"]), "Its kind."),
    ],
};

pub(super) static JIRA_ISSUE_TYPES: Shape = Shape {
    name: "jiraIssueTypes",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        DESCRIPTION,
        required("type", Type::Enum(&["standard", "subtask"]), "Its kind."),
    ],
};

pub(super) static JIRA_TIME_TRACKING_PROVIDERS: Shape = Shape {
    name: "jiraTimeTrackingProviders",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        optional(
            "adminPageKey",
            Type::Text(Text::any(NO_LIMIT)),
            "Key of the admin page with the settings.",
        ),
    ],
};

pub(super) static AUTOMATION_ACTIONS: Shape = Shape {
    name: "automationActions",
    others: Others::Ignored,
    fields: &[
        KEY,
        NAME,
        optional(
            "configForm",
            Type::Object(&CONFIG_FORM_SHAPE),
            "Form with the settings of the action.",
        ),
        optional(
            "requires",
            Type::List(&Type::Enum(&["comment", "issue", "user"])),
            "What the action needs to run.",
        ),
        required(
            "webhook",
            Type::Object(&WEBHOOK_SHAPE),
            "Called when the action runs.",
        ),
    ],
};

pub(super) static ASSET_PANELS: Shape = Shape {
    name: "assetPanels",
    others: Others::Ignored,
    fields: &[KEY, NAME, URL],
};

pub(super) static JIRA_JQL_FUNCTIONS: Shape = Shape {
    name: "jiraJqlFunctions",
    others: Others::Ignored,
    fields: &[
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
};

pub(super) static JIRA_JQL_FUNCTIONS_ARGUMENTS_SHAPE: Shape = Shape {
    name: "arguments",
    others: Others::Ignored,
    fields: &[
        NAME_REQUIRED,
        required("required", Type::Boolean, "Whether it must be given."),
    ],
};
