//! Words that nobody can guess.

use std::io;

/// 128 bits from the system, in hexadecimal.
///
/// # Errors
/// When the system gives no random numbers.
pub(crate) fn secret_word() -> io::Result<String> {
    let mut bytes = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    let filled = random.fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the system gives no random numbers"))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
