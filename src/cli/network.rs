//! Options for reading packages over the network. Only packages that the user names are fetched.

use clap::Args;

use crate::{
    facts::{Platform, PythonVersion},
    judge::{Assumed, System},
    knowledge::Knowledge,
    python::WheelPlatform,
    scan::Network,
};

/// Where packages come from.
#[derive(Debug, Clone, Default, Args)]
pub struct Indexes {
    /// Package index to ask, where one is asked [default: the one configured for pip or uv]
    #[arg(long, value_name = "URL", env = "GPUCHECK_INDEX_URL", hide_env_values = true)]
    index_url: Option<String>,
    /// Additional package index (repeatable)
    #[arg(long, value_name = "URL", env = "GPUCHECK_EXTRA_INDEX_URL", hide_env_values = true, value_delimiter = ' ')]
    extra_index_url: Vec<String>,
}

impl Indexes {
    /// They alone, for any machine.
    pub fn network(&self) -> Network {
        Network {
            index_url: self.index_url.clone().filter(|url| !url.trim().is_empty()),
            extra_index_url: self.extra_index_url.iter().filter(|url| !url.trim().is_empty()).cloned().collect(),
            ..Network::default()
        }
    }
}

/// Where packages come from, and for which machine.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Remote packages")]
pub struct NetworkOptions {
    #[command(flatten)]
    indexes: Indexes,
    /// Platform of the wheel and of the machine: linux, windows, linux-aarch64, or a tag such as manylinux_2_28_x86_64 [default: what machines
    /// with the GPU have, else this machine's]
    #[arg(long, value_name = "PLATFORM", env = "GPUCHECK_PLATFORM")]
    platform: Option<WheelPlatform>,
    /// ABI tag of the wheel, such as cp313t or abi3
    #[arg(long, value_name = "TAG", env = "GPUCHECK_ABI")]
    abi: Option<String>,
    /// Read remote packages completely, not only the parts that the verdict needs
    #[arg(long, env = "GPUCHECK_FULL", value_parser = clap::builder::FalseyValueParser::new())]
    full: bool,
}

impl NetworkOptions {
    /// What to ask for; the system, platform and Python of the machine count here too.
    pub fn network(&self, assumed: &Assumed, knowledge: &Knowledge) -> Network {
        let machine = assumed.wheel_platform(knowledge);
        let os = || {
            if let Some(platform) = machine {
                return platform.to_string().parse().ok();
            }
            let name = match assumed.system? {
                System::Linux | System::Wsl => "linux",
                System::Windows => "windows",
            };
            name.parse().ok()
        };
        let network = self.for_python(assumed.python);
        let named = network.platform.map(|named| match machine.filter(|_| named.cpu.is_none()) {
            // A system alone says nothing of the processor: the GPU may.
            Some(machine) => named.on(machine.cpu),
            None => named,
        });
        Network { platform: named.or_else(os), ..network }
    }

    /// The platform of the machine that is named, where its processor is.
    pub fn machine(&self) -> Option<Platform> {
        self.platform.as_ref().and_then(WheelPlatform::machine)
    }

    /// The indexes alone.
    pub fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    /// Whether an index was named.
    pub fn has_index(&self) -> bool {
        self.indexes.network().index_url.is_some()
    }

    /// Whether a platform was named.
    pub fn has_platform(&self) -> bool {
        self.platform.is_some()
    }

    /// Whether all of a package is read.
    pub fn full(&self) -> bool {
        self.full
    }

    /// What to ask for, for this Python.
    pub fn for_python(&self, python: Option<PythonVersion>) -> Network {
        Network {
            platform: self.platform.clone(),
            python,
            abi: self.abi.as_ref().map(|tag| tag.to_ascii_lowercase()),
            full: self.full,
            ..self.indexes.network()
        }
    }
}
