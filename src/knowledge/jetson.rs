//! Questions about Jetsons: which platform a GPU's machine has, what JetPack brings a driver, and where its builds of torch are.

use gpucheck_model::knowledge::{JetpackRow, JetsonTorchRow, spelled};

use super::load::Knowledge;
use crate::facts::{ComputeCapability, Cpu, CudaVersion, DriverVersion, Gpu, Os, Platform};

impl Knowledge {
    /// Whether a GPU is part of a system on a chip (Jetson, Drive), whose operating system brings the driver.
    pub fn is_tegra(&self, capability: ComputeCapability) -> bool {
        self.architecture(capability).is_some_and(|row| row.tegra)
    }

    /// The platforms that a machine with this GPU can have; empty where any can.
    pub fn gpu_platforms(&self, gpu: &Gpu) -> Vec<Platform> {
        let named = gpu.name.value().and_then(|name| self.gpu_by_name(name));
        if let Some(row) = named {
            return row.platforms.clone();
        }
        let Some(&capability) = gpu.capability.value() else { return Vec::new() };
        // Known by its architecture alone: what all products of it have in common.
        let rows = || self.gpus.gpu.iter().filter(|row| row.capability == capability);
        if rows().next().is_some() {
            let mut common = Vec::new();
            for platform in rows().flat_map(|row| &row.platforms) {
                if !common.contains(platform) && rows().all(|row| !row.platforms.is_empty()) {
                    common.push(*platform);
                }
            }
            return common;
        }
        match self.is_tegra(capability) {
            true => vec![Platform { os: Os::Linux, cpu: Cpu::Aarch64 }],
            false => Vec::new(),
        }
    }

    /// The first JetPack that brings this driver.
    pub fn jetpack_of(&self, driver: &DriverVersion) -> Option<&JetpackRow> {
        self.jetson.jetpack.iter().find(|row| row.driver == *driver)
    }

    /// The JetPack of a release of Jetson Linux: `36.4.3`, also written `36.4` for 36.4.0.
    pub fn jetpack_of_l4t(&self, release: &str) -> Option<&JetpackRow> {
        let whole = format!("{release}.0");
        self.jetson.jetpack.iter().find(|row| row.l4t == release || row.l4t == whole)
    }

    /// The releases of JetPack for Jetsons of all these capabilities, oldest first.
    pub fn jetpacks<'k>(&'k self, capabilities: &'k [ComputeCapability]) -> impl Iterator<Item = &'k JetpackRow> {
        self.jetson.jetpack.iter().filter(|row| capabilities.iter().all(|one| row.capabilities.contains(one)))
    }

    /// The CUDA release of a driver that only Jetsons have: of the newest listed one of its branch that is not newer.
    pub(super) fn jetson_cuda(&self, driver: &DriverVersion) -> Option<CudaVersion> {
        let desktop = self.cuda.driver.iter().any(|row| row.branch == driver.branch());
        let rows = self.jetson.jetpack.iter().filter(|row| row.driver.branch() == driver.branch() && !desktop);
        rows.filter(|row| row.driver <= *driver).max_by_key(|row| row.driver.clone()).map(|row| row.cuda)
    }

    /// Builds of torch that are made for the JetPack of a driver, on Jetsons of these capabilities.
    pub fn jetson_torch(
        &self,
        driver: &DriverVersion,
        cuda: CudaVersion,
        capabilities: &[ComputeCapability],
    ) -> impl Iterator<Item = &JetsonTorchRow> {
        let of_branch = |row: &&JetpackRow| row.driver.branch() == driver.branch() && row.cuda == cuda;
        let major = self.jetpacks(capabilities).find(of_branch).and_then(jetpack_major);
        self.jetson.torch.iter().filter(move |row| row.cuda == cuda && major == Some(row.jetpack))
    }

    /// What the keys of a row about a JetPack stand for.
    pub fn jetpack_sources(&self, keys: &[String]) -> Vec<String> {
        spelled(&self.jetson.sources, keys)
    }
}

/// 6 of `6.2.1`.
fn jetpack_major(row: &JetpackRow) -> Option<u16> {
    row.version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Source};

    fn platforms(text: &str) -> String {
        let knowledge = Knowledge::builtin().unwrap();
        let answer = knowledge.find_gpu(text).unwrap();
        let name = if answer.from_row { Fact::known(answer.name, Source::option("--gpu")) } else { Fact::unknown("") };
        let capability = Fact::known(answer.capability, Source::option("--gpu"));
        let gpu = Gpu { name, capability, ..Gpu::unknown("gpu0", "test") };
        knowledge.gpu_platforms(&gpu).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_exists_on_arm_only_is_on_arm() {
        for text in ["Thor", "Orin", "Jetson Orin Nano", "DGX Spark", "GB10", "GB200", "GB300", "GH200", "GH200 480GB"]
        {
            assert_eq!(platforms(text), "linux-aarch64", "{text}");
        }
        for text in ["sm_87", "11.0", "7.2", "sm_101", "5.3"] {
            assert_eq!(platforms(text), "linux-aarch64", "{text}");
        }
        for text in ["H100", "B200", "RTX 5090", "sm_120", "9.0", "10.0", "8.6"] {
            assert_eq!(platforms(text), "", "{text}");
        }
        assert_eq!(platforms("12.1"), "linux-aarch64 windows-aarch64");
    }

    #[test]
    fn a_jetsons_driver_has_the_cuda_of_its_jetpack() {
        let knowledge = Knowledge::builtin().unwrap();
        let cuda = |driver: &str| knowledge.driver_cuda(&driver.parse().unwrap()).unwrap().to_string();
        for (driver, expected) in [
            ("540.2.0", "12.2"),
            ("540.3.0", "12.2"),
            ("540.4.0", "12.6"),
            ("540.4.1", "12.6"),
            ("540.5.0", "12.6"),
            ("580.00", "13.0"),
            ("595.78", "13.2"),
            ("535.161.08", "12.2"),
            ("545.23.06", "12.3"),
        ] {
            assert_eq!(cuda(driver), expected, "{driver}");
        }
        let jetpack = |release: &str| knowledge.jetpack_of_l4t(release).map(|row| row.version.as_str());
        assert_eq!(jetpack("36.4.3"), Some("6.2"));
        assert_eq!(jetpack("36.4"), Some("6.1"));
        assert_eq!(jetpack("36.9"), None);
    }
}
