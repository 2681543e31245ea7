//! Module types of the Jira platform that act: in workflows and in automation rules.
//!
//! Data only. The order of fields is that of a well-kept descriptor: key, name and address first.

use super::fields::{
    CREATE, DESCRIPTION_OPTIONAL, EDIT, EVALUATION_CONTEXT, EXPRESSION, I18N, KEY, NAME, VALUE,
    VIEW,
};
use super::shared::{CONFIG_FORM_SHAPE, PAGE_SHAPE, WEBHOOK_SHAPE};
use crate::table::{Shape, Type, optional, required, shape};

pub(super) static JIRA_WORKFLOW_CONDITIONS: Shape = shape(
    "jiraWorkflowConditions",
    &[
        KEY,
        NAME,
        CREATE,
        DESCRIPTION_OPTIONAL,
        EDIT,
        EVALUATION_CONTEXT,
        EXPRESSION,
        VIEW,
    ],
);

pub(super) static JIRA_WORKFLOW_VALIDATORS: Shape = shape(
    "jiraWorkflowValidators",
    &[
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
);

pub(super) static ERROR_EXPRESSION_SHAPE: Shape = shape("errorMessage", &[EXPRESSION]);

pub(super) static ERROR_TEXT_SHAPE: Shape = shape("errorMessage", &[I18N, VALUE]);

pub(super) static JIRA_WORKFLOW_POST_FUNCTIONS: Shape = shape(
    "jiraWorkflowPostFunctions",
    &[
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
);

pub(super) static AUTOMATION_ACTIONS: Shape = shape(
    "automationActions",
    &[
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
);
