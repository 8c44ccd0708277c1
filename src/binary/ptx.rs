//! The head of a PTX text: `.version` and `.target`.
//!
//! Source: PTX ISA, directives. Comments may come before them.

use super::{Error, ReadAt};
use crate::facts::{CodeTarget, Image, PtxIsa};

/// The directives are in the first lines; a licence comment may come first.
const HEAD: usize = 64 << 10;

/// The image that a PTX text is; `None` when it is not PTX.
pub(super) fn read(source: &dyn ReadAt) -> Result<Option<Image>, Error> {
    let mut buffer = vec![0; HEAD];
    let count = source.read_at(0, &mut buffer)?;
    Ok(std::str::from_utf8(&buffer[..count]).ok().and_then(parse))
}

fn parse(text: &str) -> Option<Image> {
    let mut lines = text.lines().map(str::trim);
    let version = lines.find_map(|line| line.strip_prefix(".version"))?;
    let target = lines.find_map(|line| line.strip_prefix(".target"))?;
    let isa: PtxIsa = version.trim().parse().ok()?;
    let target = target.split(',').next()?.trim().parse().ok()?;
    Some(Image { code: CodeTarget::ptx(target), isa: Some(isa), compression: Default::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directives_are_found_behind_comments() {
        let image = parse("//\n// made by hand\n\n.version 8.7\n.target sm_120a, texmode_independent\n").expect("PTX");
        assert_eq!(
            (image.code.to_string(), image.isa.map(|isa| isa.to_string())),
            ("compute_120a".into(), Some("8.7".into()))
        );
        assert!(parse(".target sm_120\n").is_none());
        assert!(parse("").is_none());
    }
}
