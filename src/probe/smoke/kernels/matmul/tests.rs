//! The reference and the checks themselves, on products made here: right ones, and right ones with one thing changed.

use super::*;

const KINDS: [Kind; 3] = [Kind::F32, Kind::F16, Kind::Bf16];

/// A product in single precision, as a kernel makes it.
fn multiply(kind: Kind, shape: Shape) -> (Matrix, Matrix, Vec<f32>) {
    let Shape { m, n, k } = shape;
    let a = Matrix::random(kind, m, k, &mut Random::new(1, "a"));
    let (rows, columns) = if kind == Kind::F32 { (k, n) } else { (n, k) };
    let b = Matrix::random(kind, rows, columns, &mut Random::new(1, "b"));
    let (left, right) = (a.values(), b.values());
    let of = |index: usize| {
        let (row, column) = (index / n, index % n);
        (0..k).fold(0.0_f32, |sum, i| {
            let other = if kind == Kind::F32 { i * n + column } else { column * k + i };
            left[row * k + i].mul_add(right[other], sum)
        })
    };
    let c = (0..m * n).map(of).collect();
    (a, b, c)
}

fn checked(kind: Kind, shape: Shape, change: impl Fn(&mut [f32])) -> [KernelOutcome; 2] {
    let (a, b, mut c) = multiply(kind, shape);
    change(&mut c);
    [each(kind, &a, &b, &c, shape), whole(kind, &a, &b, &c, shape, &mut Random::new(1, "signs"))]
}

#[test]
fn right_products_pass_both_checks() {
    for kind in KINDS {
        for outcome in checked(kind, Shape { m: 33, n: 65, k: 96 }, |_| {}) {
            assert!(matches!(outcome, KernelOutcome::Right { worst_permille: 0..500 }), "{kind:?}: {outcome:?}");
        }
    }
}

#[test]
fn one_wrong_element_is_found_and_named() {
    for kind in KINDS {
        for wrong in [1.0, f32::NAN, f32::INFINITY] {
            let outcomes = checked(kind, Shape { m: 33, n: 65, k: 96 }, |c| c[20 * 65 + 11] += wrong);
            for outcome in outcomes {
                let KernelOutcome::Wrong { at, .. } = &outcome else { panic!("{kind:?}: {outcome:?}") };
                assert_eq!(at, "row 20, column 11 of 33 x 65");
            }
        }
    }
}

#[test]
fn a_product_with_another_layout_is_wrong() {
    // What a fragment in the wrong place gives: two neighbours changed.
    for outcome in checked(Kind::Bf16, Shape { m: 33, n: 65, k: 96 }, |c| c.swap(0, 1)) {
        assert!(matches!(outcome, KernelOutcome::Wrong { .. }), "{outcome:?}");
    }
}

#[test]
fn numbers_become_what_the_device_reads() {
    for (number, half_bits) in
        [(0.0, 0), (1.0, 0x3c00), (-1.0, 0xbc00), (0.5, 0x3800), (0.75, 0x3a00), (1.0 / 1024.0, 0x1400)]
    {
        assert_eq!((half(number), from_half(half_bits)), (half_bits, number), "{number}");
    }
    let mut bytes = [0; 2];
    Kind::Bf16.encode(0.333_333_34, &mut bytes);
    assert_eq!(u16::from_ne_bytes(bytes), 0x3eaa);
    for kind in KINDS {
        let matrix = Matrix::random(kind, 4, 8, &mut Random::new(3, "x"));
        assert_eq!(matrix.bytes.len(), 32 * kind.size());
        assert!(matrix.values().iter().all(|number| (-1.0..=1.0).contains(number)));
        let rows: Vec<Vec<f64>> = matrix.rows().map(Iterator::collect).collect();
        assert_eq!((rows.len(), rows[1][3]), (4, f64::from(matrix.values()[11])));
    }
}
