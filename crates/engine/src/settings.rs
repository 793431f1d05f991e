//! What this app is, and how a person set it.

use crate::{Engine, network};
use rivulet_protocol::*;

impl Engine {
    pub(crate) async fn about(&self, caller: &Caller) -> Result<AppInfo, ApiError> {
        let data_dir = self.core.data_dir.display().to_string();
        Ok(AppInfo {
            version: self.core.version.clone(),
            role: caller.role,
            data_dir: (caller.role == CallerRole::Window).then_some(data_dir),
            platform: std::env::consts::OS.into(),
            disk: if caller.role == CallerRole::Window { self.disk() } else { None },
            started_with: if caller.role > CallerRole::Viewer { self.started_with().await? } else { None },
        })
    }

    /// Changes the fields in the patch and answers with all.
    pub(crate) async fn update_settings(&self, patch: serde_json::Value) -> Result<Settings, ApiError> {
        let invalid = || ApiError::invalid("A setting has a value it cannot have.");
        let serde_json::Value::Object(patch) = patch else { return Err(invalid()) };
        let before = self.core.store.settings().await?;
        let mut document = serde_json::to_value(&before).map_err(|_| invalid())?;
        for (name, value) in patch {
            match document.get_mut(&name) {
                Some(field) => *field = value,
                None => return Err(invalid()),
            }
        }
        let settings: Settings = serde_json::from_value(document).map_err(|_| invalid())?;
        if settings.ca_files != before.ca_files {
            network::check_roots(settings.ca_files.clone()).await?;
        }
        self.core.store.save_settings(settings.clone()).await?;
        self.core.demo.set_rate(settings.demo_rate);
        if settings.replay_speed != before.replay_speed {
            self.core.demo.set_replay_speed(settings.replay_speed);
        }
        self.notify(LibraryEvent::Settings);
        Ok(settings)
    }
}
