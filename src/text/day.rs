//! Days as people write them.

/// The date that is so many days after 1970-01-01: `2026-12-01`.
pub fn day(mut days: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // The calendar repeats after 400 years.
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1u8;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

/// How many days after 1970-01-01 a date is; nothing for what is none.
pub fn days(date: &str) -> Option<u64> {
    let mut parts = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // A year that begins with March has its odd day at its end.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        for (number, expected) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (19_782, "2024-02-29"),
            (20_783, "2026-11-26"),
            (47_540, "2100-02-28"),
        ] {
            assert_eq!(day(number), expected);
        }
    }

    #[test]
    fn dates_are_days() {
        assert!((0..60_000).all(|number| days(&day(number)) == Some(number)));
        for text in ["", "unknown", "2026-13-01", "2026-12", "1969-12-31", "99999999999-01-01", "2026-12-01-02"] {
            assert_eq!(days(text), None, "{text}");
        }
    }
}
