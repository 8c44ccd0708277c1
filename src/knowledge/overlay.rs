//! Laying rows over rows.

use pep440_rs::Version;

use super::{load::Knowledge, schema::Files};

/// Replaces the rows that have the same key, adds the others at the end.
fn lay<T, K: PartialEq>(rows: &mut Vec<T>, over: Vec<T>, key: impl Fn(&T) -> K) {
    for row in over {
        match rows.iter_mut().find(|existing| key(existing) == key(&row)) {
            Some(existing) => *existing = row,
            None => rows.push(row),
        }
    }
}

impl Knowledge {
    /// Lays `files` over what is there. Rows keep their order; releases of torch are put in order.
    pub(super) fn overlay(&mut self, files: Files) {
        if let Some(over) = files.gpus {
            self.gpus.sources.extend(over.sources);
            lay(&mut self.gpus.gpu, over.gpu, |row| row.name.clone());
        }
        if let Some(over) = files.architectures {
            self.architectures.sources.extend(over.sources);
            lay(&mut self.architectures.architecture, over.architecture, |row| row.capability);
            lay(&mut self.architectures.family, over.family, |row| row.code);
            lay(&mut self.architectures.sass_exclusion, over.sass_exclusion, |row| {
                (row.code.clone(), row.devices.clone())
            });
            lay(&mut self.architectures.same_chip, over.same_chip, |row| row.capabilities.clone());
        }
        if let Some(over) = files.cuda {
            self.cuda.sources.extend(over.sources);
            lay(&mut self.cuda.runtime, over.runtime, |row| row.major);
            lay(&mut self.cuda.toolkit, over.toolkit, |row| row.version.clone());
            lay(&mut self.cuda.ptx, over.ptx, |row| row.isa);
            lay(&mut self.cuda.driver, over.driver, |row| row.branch);
            lay(&mut self.cuda.branch, over.branch, |row| row.branch);
            lay(&mut self.cuda.compression, over.compression, |row| row.kind.clone());
        }
        if let Some(over) = files.torch {
            self.torch.sources.extend(over.sources);
            lay(&mut self.torch.release, over.release, |row| row.version.clone());
            self.torch.release.sort_by_cached_key(|row| row.version.parse::<Version>().ok());
            lay(&mut self.torch.nightly, over.nightly, |row| (row.variant.clone(), row.platform, row.versions.clone()));
        }
        if let Some(over) = files.arch_list {
            self.arch_list.sources.extend(over.sources);
            lay(&mut self.arch_list.parser, over.parser, |row| row.versions.clone());
        }
        if let Some(over) = files.advice {
            self.advice.sources.extend(over.sources);
            lay(&mut self.advice.advice, over.advice, |row| (row.rule.clone(), row.summary.clone()));
        }
        if let Some(over) = files.libraries {
            self.libraries.sources.extend(over.sources);
            lay(&mut self.libraries.library, over.library, |row| (row.distribution.clone(), row.versions.clone()));
            lay(&mut self.libraries.collection, over.collection, |row| row.distribution.clone());
            lay(&mut self.libraries.carrier, over.carrier, |row| row.distribution.clone());
            lay(&mut self.libraries.common, over.common, |row| (row.by, row.names.clone()));
        }
        if let Some(over) = files.variables {
            self.variables.sources.extend(over.sources);
            lay(&mut self.variables.variable, over.variable, |row| {
                (row.name.clone(), row.read_by.clone(), row.versions.clone())
            });
            lay(&mut self.variables.unread, over.unread, |row| {
                (row.name.clone(), row.of.clone(), row.versions.clone())
            });
        }
        if let Some(over) = files.errors {
            self.errors.sources.extend(over.sources);
            lay(&mut self.errors.error, over.error, |row| row.id.clone());
        }
        if let Some(over) = files.failures {
            self.failures.sources.extend(over.sources);
            lay(&mut self.failures.failure, over.failure, |row| row.name.clone());
        }
        lay(&mut self.packages, files.packages, |file| file.package.name.clone());
    }
}
