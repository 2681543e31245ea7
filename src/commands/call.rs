//! `connect call`: calls the product's REST interface as the app or as a user.

use std::process::ExitCode;

use crate::call::{CallOptions, call};
use crate::cli::Call;
use crate::context::Context;
use crate::error::CliError;

pub(super) fn run(flags: Call, context: &Context) -> Result<ExitCode, CliError> {
    let options = CallOptions {
        method: flags.method,
        path: flags.path,
        fields: flags.field,
        include: flags.include,
        input: flags.input,
        tenant: flags.tenant,
        product: flags.product,
        as_user: flags.as_user,
        pages: flags.paginate,
        filter: flags.jq,
    };
    context.block_on(call(&options, context))?;
    Ok(ExitCode::SUCCESS)
}
