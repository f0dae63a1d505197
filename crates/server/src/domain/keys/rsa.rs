//! RSA keys, made ahead: making one takes a tenth of a second or more.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::sync::{Mutex, OnceLock};

use anyhow::anyhow;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::RsaKeyPair;

use crate::error::{Error, Result};

/// Where RSA keys come from: made when asked for (the command line, the first start), until a pool is started.
#[derive(Default)]
pub struct RsaKeys {
    pool: OnceLock<Mutex<Receiver<Vec<u8>>>>,
    fixed: Option<Vec<u8>>,
}

impl RsaKeys {
    /// The same key again and again, for tests: making one takes long.
    pub fn fixed() -> Self {
        static KEY: OnceLock<Vec<u8>> = OnceLock::new();
        let key = KEY.get_or_init(|| generate_rsa().expect("an RSA key can be made"));
        RsaKeys {
            fixed: Some(key.clone()),
            ..RsaKeys::default()
        }
    }

    /// From now on keys are made ahead by one background thread, `size` of them, so that a flood of new apps costs
    /// nobody else's sign-in. The thread ends with the pool.
    pub fn start_pool(&self, size: usize) {
        // The thread itself holds one more, which waits for its place.
        let (sender, receiver) = sync_channel(size.saturating_sub(1));
        if self.pool.set(Mutex::new(receiver)).is_err() {
            return;
        }
        let work = move || {
            while let Ok(key) = generate_rsa() {
                if sender.send(key).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("rsa keys".to_owned())
            .spawn(work)
            .expect("the system can start a thread");
    }

    /// A key, as PKCS#8.
    pub(super) fn take(&self) -> Result<Vec<u8>> {
        if let Some(key) = &self.fixed {
            return Ok(key.clone());
        }
        let Some(pool) = self.pool.get() else {
            return generate_rsa();
        };
        match pool.lock().expect("no panic while taking a key").try_recv() {
            Ok(key) => Ok(key),
            Err(TryRecvError::Empty) => Err(Error::unavailable(
                "No signing key is ready for the moment. Try again in 2 s.",
                2,
            )),
            Err(TryRecvError::Disconnected) => Err(Error::internal(anyhow!(
                "the thread that makes RSA keys has ended"
            ))),
        }
    }
}

/// Makes an RSA key of 2048 bits, as PKCS#8.
fn generate_rsa() -> Result<Vec<u8>> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)
        .map_err(|_| Error::internal(anyhow!("an RSA key could not be made")))?;
    let document: Pkcs8V1Der<'_> = pair
        .as_der()
        .map_err(|_| Error::internal(anyhow!("an RSA key could not be written")))?;
    Ok(document.as_ref().to_vec())
}
