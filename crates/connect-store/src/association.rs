//! Which installation a tenant is one with, in stores where no write changes two records.
//!
//! There are two: the association, which is ACE's, says whose an installation is, and the pointer,
//! which is ours, says which installation a tenant has. An association counts while the pointer of
//! its tenant names the same installation, or there is none: ACE writes none. So the write of the
//! pointer is what moves it, and a crash between two writes leaves the old one or the new one.

use std::future::Future;

use connect_core::{ClientKey, InstallationId, store::StoreError};

/// The records by themselves.
pub(crate) trait Records: Sync {
    /// The client key that an association names.
    fn named_by(&self, id: &str)
    -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Writes an association.
    fn save_association(
        &self,
        id: &InstallationId,
        key: &ClientKey,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes an association.
    fn remove_association(&self, id: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The installation that a tenant's pointer names.
    fn pointer(
        &self,
        key: &ClientKey,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Writes a pointer.
    fn save_pointer(
        &self,
        key: &ClientKey,
        id: &InstallationId,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a pointer.
    fn remove_pointer(
        &self,
        key: &ClientKey,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The client key that an installation is associated with.
pub(crate) async fn find(
    records: &impl Records,
    id: &InstallationId,
) -> Result<Option<String>, StoreError> {
    let Some(client_key) = records.named_by(id.as_str()).await? else {
        return Ok(None);
    };
    let pointer = match ClientKey::parse(&client_key) {
        Ok(key) => records.pointer(&key).await?,
        Err(_) => None,
    };
    let stale = pointer.is_some_and(|pointer| pointer != id.as_str());
    Ok(Some(client_key).filter(|_| !stale))
}

/// Associates, and removes the association that the client key had.
pub(crate) async fn put(
    records: &impl Records,
    id: &InstallationId,
    key: &ClientKey,
) -> Result<(), StoreError> {
    let before = records.pointer(key).await?;
    records.save_association(id, key).await?;
    records.save_pointer(key, id).await?;
    if let Some(before) = before.filter(|before| before != id.as_str())
        && records.named_by(&before).await?.as_deref() == Some(key.as_str())
    {
        records.remove_association(&before).await?;
    }
    Ok(())
}

/// Removes an association; true when there was one.
pub(crate) async fn remove(
    records: &impl Records,
    id: &InstallationId,
) -> Result<bool, StoreError> {
    let associated = find(records, id).await?;
    records.remove_association(id.as_str()).await?;
    if let Some(Ok(key)) = associated.as_deref().map(ClientKey::parse) {
        records.remove_pointer(&key).await?;
    }
    Ok(associated.is_some())
}

/// Removes the association of a client key, if it has one.
pub(crate) async fn remove_of(records: &impl Records, key: &ClientKey) -> Result<(), StoreError> {
    let id = records.pointer(key).await?;
    if let Some(Ok(id)) = id.map(|id| InstallationId::parse(&id)) {
        remove(records, &id).await?;
    }
    Ok(())
}
