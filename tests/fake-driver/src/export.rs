//! How a function of the driver is exported: it meets the scenario's faults first, then gives an answer or a code.

/// Exports C functions that return the `Code` in scope as a number, and lists their names in `FUNCTIONS`.
macro_rules! exports {
    ($($(#[$meta:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block)*) => {
        /// What this file exports.
        pub const FUNCTIONS: &[&str] = &[$(stringify!($name)),*];

        $(
            $(#[$meta])*
            #[unsafe(no_mangle)]
            #[allow(non_snake_case, reason = "the name is NVIDIA's")]
            pub extern "C" fn $name($($argument: $type),*) -> u32 {
                if let Some(code) = crate::faults::strike(stringify!($name)) {
                    return code;
                }
                let answer = move || -> Result<(), Code> { $body };
                answer().map_or_else(|code| code.0, |()| 0)
            }
        )*
    };
}
