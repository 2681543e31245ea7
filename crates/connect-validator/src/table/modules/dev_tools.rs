//! Module types that bring development and operations tools into Jira.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    DOCUMENTATION_URL, HOME_URL, KEY, LOGO_URL, NAME, ON_ENTITY_ASSOCIATED,
    ON_ENTITY_DISASSOCIATED, TEMPLATE_URL, URL_REQUIRED,
};
use super::shared::{
    ACTION_SHAPE, CALLBACK_SHAPE, COMPONENT_ACTIONS_SHAPE, DEVELOPMENT_TOOL_ACTIONS_SHAPE,
    FEATURE_FLAG_ACTIONS_SHAPE, OPERATIONS_ACTIONS_SHAPE, TEXT_SHAPE,
};
use crate::table::{Field, NO_LIMIT, Shape, Text, TextRule, Type, optional, required, shape};

const fn actions(kind: Type) -> Field {
    optional("actions", kind, "What people can start from the product.")
}

pub(super) static JIRA_FEATURE_FLAG_INFO_PROVIDER: Shape = shape(
    "jiraFeatureFlagInfoProvider",
    &[
        KEY,
        NAME,
        actions(Type::Object(&FEATURE_FLAG_ACTIONS_SHAPE)),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);

pub(super) static JIRA_BUILD_INFO_PROVIDER: Shape = shape(
    "jiraBuildInfoProvider",
    &[
        KEY,
        NAME,
        actions(Type::Map(&Type::Any)),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);

pub(super) static JIRA_REMOTE_LINK_INFO_PROVIDER: Shape = shape(
    "jiraRemoteLinkInfoProvider",
    &[
        KEY,
        NAME,
        actions(Type::List(&Type::Object(
            &JIRA_REMOTE_LINK_INFO_PROVIDER_ACTIONS_SHAPE,
        ))),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);

pub(super) static JIRA_REMOTE_LINK_INFO_PROVIDER_ACTIONS_SHAPE: Shape = shape(
    "actions",
    &[
        required(
            "actionId",
            Type::Text(Text::any(NO_LIMIT)),
            "Name of the action.",
        ),
        required(
            "actionLabel",
            Type::Object(&JIRA_REMOTE_LINK_INFO_PROVIDER_ACTIONS_ACTION_LABEL_SHAPE),
            "Text on the action.",
        ),
        TEMPLATE_URL,
    ],
);

pub(super) static JIRA_REMOTE_LINK_INFO_PROVIDER_ACTIONS_ACTION_LABEL_SHAPE: Shape = shape(
    "actionLabel",
    &[required(
        "value",
        Type::Object(&TEXT_SHAPE),
        "The text in the default language.",
    )],
);

pub(super) static JIRA_SECURITY_INFO_PROVIDER: Shape = shape(
    "jiraSecurityInfoProvider",
    &[
        KEY,
        optional("name", Type::Object(&TEXT_SHAPE), "Name that people see."),
        actions(Type::Object(&JIRA_SECURITY_INFO_PROVIDER_ACTIONS_SHAPE)),
        DOCUMENTATION_URL,
        optional(
            "homeUrl",
            Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
            "Home page of the tool.",
        ),
        LOGO_URL,
    ],
);

pub(super) static JIRA_SECURITY_INFO_PROVIDER_ACTIONS_SHAPE: Shape = shape(
    "actions",
    &[
        optional(
            "fetchContainers",
            Type::Object(&ACTION_SHAPE),
            "Lists containers.",
        ),
        optional(
            "fetchWorkspaces",
            Type::Object(&ACTION_SHAPE),
            "Lists the workspaces.",
        ),
        ON_ENTITY_ASSOCIATED,
        ON_ENTITY_DISASSOCIATED,
        optional(
            "searchContainers",
            Type::Object(&ACTION_SHAPE),
            "Searches for containers.",
        ),
    ],
);

pub(super) static JIRA_DEPLOYMENT_INFO_PROVIDER: Shape = shape(
    "jiraDeploymentInfoProvider",
    &[
        KEY,
        NAME,
        actions(Type::Object(&JIRA_DEPLOYMENT_INFO_PROVIDER_ACTIONS_SHAPE)),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);

pub(super) static JIRA_DEPLOYMENT_INFO_PROVIDER_ACTIONS_SHAPE: Shape = shape(
    "actions",
    &[optional(
        "listDeployments",
        Type::Object(&ACTION_SHAPE),
        "Lists deployments.",
    )],
);

pub(super) static JIRA_DEVELOPMENT_TOOL: Shape = shape(
    "jiraDevelopmentTool",
    &[
        KEY,
        NAME,
        URL_REQUIRED,
        actions(Type::Object(&DEVELOPMENT_TOOL_ACTIONS_SHAPE)),
        required(
            "application",
            Type::Object(&TEXT_SHAPE),
            "Name of the tool.",
        ),
        required(
            "capabilities",
            Type::List(&Type::Enum(&["commit", "branch", "pull_request"])),
            "What the tool knows about.",
        ),
        required(
            "logoUrl",
            Type::Text(Text::of(NO_LIMIT, TextRule::AnyUrl)),
            "Logo of the tool.",
        ),
    ],
);

pub(super) static JIRA_DEPLOYMENT_GATING: Shape = shape(
    "jiraDeploymentGating",
    &[
        KEY,
        NAME,
        required(
            "callback",
            Type::Object(&CALLBACK_SHAPE),
            "Called when a gate must be judged.",
        ),
    ],
);

pub(super) static JIRA_OPERATIONS_INFO_PROVIDER: Shape = shape(
    "jiraOperationsInfoProvider",
    &[
        KEY,
        NAME,
        actions(Type::Object(&OPERATIONS_ACTIONS_SHAPE)),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);

pub(super) static JIRA_DEV_OPS_COMPONENT_PROVIDER: Shape = shape(
    "jiraDevOpsComponentProvider",
    &[
        KEY,
        NAME,
        actions(Type::Object(&COMPONENT_ACTIONS_SHAPE)),
        DOCUMENTATION_URL,
        HOME_URL,
        LOGO_URL,
    ],
);
