//! What the rest does most often: searching texts for words, and putting things in order. A crate of its own, because the program is built for the
//! least size and this for speed, and so that there is one copy of it, whatever it is used for.

mod bytes;
mod needles;
mod order;
mod pieces;

pub use bytes::{Bytes, find_word, mixed, nonzero, stretch};
pub use needles::{Found, Needles};
pub use order::Order;
pub use pieces::{Pieces, Signs};
