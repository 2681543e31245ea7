//! Making the tables.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::create_table::CreateTableError,
    types::{
        AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        TableStatus,
    },
};
use connect_core::store::{DriverError, StoreError};

use super::{DynamoDbStore, code};

impl DynamoDbStore {
    /// Makes a table with these keys unless it is there, and waits until it can be used.
    pub(super) async fn make_table(
        &self,
        table: &str,
        hash: &str,
        range: Option<&str>,
    ) -> Result<(), StoreError> {
        let deadline = Instant::now() + TABLE_PATIENCE;
        loop {
            let described = self.client.describe_table().table_name(table).send().await;
            match described {
                Ok(found) => {
                    let status = found.table.and_then(|table| table.table_status);
                    if matches!(status, Some(TableStatus::Active | TableStatus::Updating)) {
                        return Ok(());
                    }
                }
                Err(error) if code(&error) == Some("ResourceNotFoundException") => {
                    match self.create_table(table, hash, range).await {
                        // Another process makes it at the same time.
                        Err(error) if code(&error) == Some("ResourceInUseException") => {}
                        created => created.map_err(|error| self.error(&error))?,
                    }
                }
                Err(error) => return Err(self.error(&error)),
            }
            if Instant::now() > deadline {
                return Err(StoreError::Unavailable {
                    store: self.name(),
                    source: DriverError::new(format!("the table {table} does not become active")),
                });
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "back-off until the table is active"
            )]
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn create_table(
        &self,
        table: &str,
        hash: &str,
        range: Option<&str>,
    ) -> Result<(), SdkError<CreateTableError>> {
        let mut create = self
            .client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in
            std::iter::once((hash, KeyType::Hash)).chain(range.map(|range| (range, KeyType::Range)))
        {
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build();
            let element = KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build();
            // Both have all they need.
            if let (Ok(attribute), Ok(element)) = (attribute, element) {
                create = create.attribute_definitions(attribute).key_schema(element);
            }
        }
        create.send().await.map(drop)
    }
}

/// How long a new table may take to become active.
const TABLE_PATIENCE: Duration = Duration::from_secs(60);
