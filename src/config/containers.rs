//! Settings of the reading of containers.

use super::setting::{Setting, ValueSource};
use crate::container::ContainerLimits;

/// Settings of the reading of containers, one field for each key.
#[derive(Clone, Debug)]
pub struct ContainerSettings {
    /// True if containers are opened.
    pub are_opened: Setting<bool>,
    /// [`ContainerLimits::depth`].
    pub depth: Setting<u64>,
    /// [`ContainerLimits::members`].
    pub members: Setting<u64>,
    /// [`ContainerLimits::member_bytes`].
    pub member_bytes: Setting<Option<u64>>,
    /// [`ContainerLimits::ratio`].
    pub ratio: Setting<u64>,
    /// [`ContainerLimits::file_bytes`].
    pub file_bytes: Setting<Option<u64>>,
    /// [`ContainerLimits::scan_bytes`].
    pub scan_bytes: Setting<Option<u64>>,
    /// [`ContainerLimits::seconds`].
    pub seconds: Setting<u64>,
    /// [`ContainerLimits::memory`].
    pub memory: Setting<Option<u64>>,
    /// [`ContainerLimits::pictures`]. Only a flag sets it: the scanned tree cannot have a program run.
    pub pictures: bool,
    /// [`ContainerLimits::picture_pixels`].
    pub picture_pixels: Setting<u64>,
    /// [`ContainerLimits::picture_memory`].
    pub picture_memory: Setting<Option<u64>>,
    /// [`ContainerLimits::picture_seconds`].
    pub picture_seconds: Setting<u64>,
}

impl Default for ContainerSettings {
    fn default() -> Self {
        let limits = ContainerLimits::default();
        ContainerSettings {
            are_opened: Setting::of_default(true),
            depth: Setting::of_default(limits.depth),
            members: Setting::of_default(limits.members),
            member_bytes: Setting::of_default(Some(limits.member_bytes)),
            ratio: Setting::of_default(limits.ratio),
            file_bytes: Setting::of_default(Some(limits.file_bytes)),
            scan_bytes: Setting::of_default(Some(limits.scan_bytes)),
            seconds: Setting::of_default(limits.seconds),
            memory: Setting::of_default(Some(limits.memory)),
            pictures: limits.pictures,
            picture_pixels: Setting::of_default(limits.picture_pixels),
            picture_memory: Setting::of_default(Some(limits.picture_memory)),
            picture_seconds: Setting::of_default(limits.picture_seconds),
        }
    }
}

impl ContainerSettings {
    /// Returns the limits; `None` if no container is opened.
    #[must_use]
    pub fn limits(&self) -> Option<ContainerLimits> {
        let bytes = |setting: &Setting<Option<u64>>| setting.value.unwrap_or(u64::MAX);
        self.are_opened.value.then(|| ContainerLimits {
            depth: self.depth.value,
            members: self.members.value,
            member_bytes: bytes(&self.member_bytes),
            ratio: self.ratio.value,
            file_bytes: bytes(&self.file_bytes),
            scan_bytes: bytes(&self.scan_bytes),
            seconds: self.seconds.value,
            memory: bytes(&self.memory),
            pictures: self.pictures,
            picture_pixels: self.picture_pixels.value,
            picture_memory: bytes(&self.picture_memory),
            picture_seconds: self.picture_seconds.value,
        })
    }

    /// Iterates over the sources of the limits.
    pub fn limit_sources(&self) -> impl Iterator<Item = &ValueSource> {
        let counts = [
            &self.depth,
            &self.members,
            &self.ratio,
            &self.seconds,
            &self.picture_pixels,
            &self.picture_seconds,
        ];
        let sizes = [
            &self.member_bytes,
            &self.file_bytes,
            &self.scan_bytes,
            &self.memory,
            &self.picture_memory,
        ];
        let counts = counts.into_iter().map(|setting| &setting.source);
        counts.chain(sizes.into_iter().map(|setting| &setting.source))
    }
}
