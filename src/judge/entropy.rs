//! Check of the value itself: digits too regular to be random.

/// Returns `true` for 40 hex digits too regular to be drawn at random: few different digits, a short period, or a
/// long run that counts up or down. Fewer than one in 10,000 random values are.
pub(super) fn is_low_entropy(value: &[u8]) -> bool {
    let digits = || value.iter().filter_map(|b| (*b as char).to_digit(16));
    let kinds = digits().fold(0u16, |seen, d| seen | 1 << d).count_ones();
    if kinds <= 8 {
        return true;
    }
    let periodic = (1..=20).any(|p| {
        let same = value
            .iter()
            .zip(&value[p..])
            .filter(|(a, b)| a == b)
            .count();
        same + 4 >= value.len() - p
    });
    let pairs = || digits().zip(digits().skip(1));
    let steps = |step: u32| pairs().filter(|&(a, b)| (a + step) % 16 == b).count();
    let decimal = pairs().filter(|&(a, b)| a == 9 && b == 0).count();
    let stays = pairs().filter(|(a, b)| a == b).count();
    periodic || steps(1) + decimal >= 16 || steps(15) >= 16 || stays >= 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    #[test]
    fn dummies_are_dull_and_random_values_are_not() {
        for text in [
            "0".repeat(40),
            "deadbeef".repeat(5),
            "1234567890".repeat(4),
            "0123456789abcdef0123456789abcdef01234567".into(),
            "abcdef1234567890".repeat(3)[..40].into(),
            "1111111111ccccccccccaaaaaaaaaa9999999999".into(),
        ] {
            assert!(is_low_entropy(text.as_bytes()), "{text}");
        }
        let mut mint = Mint::new(11);
        let dull = (0..100_000)
            .filter(|_| is_low_entropy(&mint.hex(40)))
            .count();
        assert!(dull < 10, "{dull}");
    }
}
