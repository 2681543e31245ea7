//! `connect schema`: JSON Schemas for editors.

use std::process::ExitCode;

use connect_validator::schema;

use crate::cli::{Schema, SchemaSubject};
use crate::context::Context;
use crate::ui::events;

pub(super) fn run(flags: &Schema, context: &Context) -> ExitCode {
    let schema = match flags.subject {
        SchemaSubject::Config => schema::config(),
        SchemaSubject::Credentials => schema::credentials(),
        SchemaSubject::Descriptor => schema::descriptor(flags.product),
        SchemaSubject::Events => events::schema(),
    };
    context.ui.data(&format!("{schema:#}"));
    ExitCode::SUCCESS
}
