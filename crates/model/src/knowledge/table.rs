//! The one list of the files of a knowledge folder. Reading, checking, embedding, laying over, listing and the schemas for editors are made
//! from it: a new kind of file needs its types, its validation, and an entry here.

/// Hands the entries to a macro. Of an entry, `name: Type { … }`, the name is that of the file (`gpus.toml`) and of the part that is
/// embedded. Inside stand the check and the tables, in the order in which `kb list` has them:
///
/// - what rows of the table are called,
/// - `by`: the key. A row that is laid over others takes the place of those with the same key.
/// - `sorted by`: the order that questions rely on, where rows that are laid over others must not simply come last.
/// - `each with`: rows inside of a row that are counted too; they have its day.
#[macro_export]
macro_rules! knowledge_files {
    ($with:ident) => {
        $with! {
            gpus: GpuFile {
                check validate_gpus::gpus;
                gpu: "gpus" by |row| row.name.clone();
            }
            architectures: ArchitectureFile {
                check validate::architectures;
                architecture: "architectures" by |row| row.capability, sorted by |row| row.capability;
                family: "families" by |row| row.code;
                sass_exclusion: "exceptions to binary compatibility" by |row| (row.code.clone(), row.devices.clone());
                same_chip: "chips with two names" by |row| row.capabilities.clone();
            }
            cuda: CudaFile {
                check validate_cuda::cuda;
                runtime: "CUDA majors" by |row| row.major, sorted by |row| row.major;
                toolkit: "CUDA toolkits" by |row| row.version.clone(), sorted by |row| row.version.parse::<Version>().ok();
                ptx: "PTX ISAs" by |row| row.isa, sorted by |row| row.isa;
                driver: "drivers' CUDA" by |row| row.branch, sorted by |row| row.branch;
                branch: "driver branches" by |row| row.branch, sorted by |row| row.branch;
                compression: "compression" by |row| row.kind.clone();
            }
            jetson: JetsonFile {
                check validate_others::jetson;
                jetpack: "JetPack releases" by |row| row.l4t.clone(), sorted by |row| row.l4t.parse::<Version>().ok();
                torch: "torch for Jetson" by |row| row.summary.clone();
            }
            torch: TorchFile {
                check validate_torch::torch;
                release: "torch releases" by |row| row.version.clone(), sorted by |row| row.version.parse::<Version>().ok(),
                    each with "torch builds" in builds;
                nightly: "torch nightlies" by |row| (row.variant.clone(), row.platform, row.versions.clone());
                conda: "conda's builds of torch" by |row| (row.channel.clone(), row.cuda, row.platforms.clone(), row.versions.clone());
            }
            dependents: DependentFile {
                check validate_others::dependents;
                dependent: "packages that bring others" by |row| (row.name.clone(), row.extra.clone(), row.platforms.clone());
            }
            arch_list: ArchListFile {
                check validate::arch_list;
                parser: "arch list parsers" by |row| row.versions.clone();
            }
            variables: VariableFile {
                check validate_others::variables;
                variable: "variables" by |row| (row.name.clone(), row.read_by.clone(), row.versions.clone());
                unread: "variables nothing reads" by |row| (row.name.clone(), row.of.clone(), row.versions.clone());
            }
            failures: FailureFile {
                check validate_others::failures;
                failure: "driver failures" by |row| row.name.clone();
            }
            errors: ErrorFile {
                check validate_others::errors;
                error: "error texts" by |row| row.id.clone();
            }
            advice: AdviceFile {
                check validate::advice;
                advice: "advice" by |row| (row.rule.clone(), row.summary.clone());
            }
            tools: ToolFile {
                check validate::tools;
                note: "notes on tools" by |row| (row.tool, row.note.clone());
            }
            libraries: LibrariesFile {
                check libraries::libraries;
                library: "libraries' owners" by |row| (row.distribution.clone(), row.versions.clone());
                collection: "requirements that bring libraries" by |row| row.distribution.clone();
                carrier: "carriers of libraries" by |row| row.distribution.clone();
                common: "libraries of systems" by |row| (row.by, row.names.clone());
            }
            images: ImageFile {
                check image::images;
                image: "images" by |row| (row.repository.clone(), row.tags.clone());
            }
        }
    };
}
