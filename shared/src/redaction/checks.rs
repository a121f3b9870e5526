//! Numbers that carry their own proof: check digits and shapes. Each is a few lines; no library that is well kept
//! has more than these of them, and none knows them all.

/// Whether digits are a payment card's: the length and the first digits of a scheme (ISO/IEC 7812), and Luhn's check.
/// The IMEI of a phone has Luhn's check too and begins with 35, but has 15 digits, which no card of that beginning has.
pub fn is_card(digits: &str) -> bool {
    let starts = |length: usize| digits.get(..length).and_then(|start| start.parse::<u32>().ok()).unwrap_or_default();
    let lengths = match (starts(1), starts(2), starts(4)) {
        (4, _, _) => &[16, 19][..],
        (_, 51..=55, _) | (_, _, 2221..=2720) => &[16],
        (_, 34 | 37, _) => &[15],
        (_, 35, 3528..=3589) | (_, 62 | 65 | 64, _) => &[16, 17, 18, 19],
        (_, 36 | 38 | 39 | 30, _) => &[14, 16],
        (_, 50 | 56..=69, _) => &[16, 17, 18, 19],
        _ => return false,
    };
    lengths.contains(&digits.len()) && luhn(digits)
}

fn luhn(digits: &str) -> bool {
    let sum = digits.bytes().rev().enumerate().fold(0, |sum, (at, digit)| {
        let digit = u32::from(digit - b'0');
        sum + if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
    });
    sum % 10 == 0 && digits.bytes().any(|digit| digit != b'0')
}

/// Countries and the lengths of their IBANs (ISO 13616, registry of SWIFT).
const IBANS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23\
    GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28\
    PS29PT25QA29RO24RS22SA24SC31SD18SE24SI19SK24SM27ST25SV28TL23TN24TR26UA29VA22VG24XK20";

/// The length of a country's IBANs.
pub fn iban_length(country: &str) -> Option<usize> {
    let entries = (0..IBANS.len()).step_by(4);
    let found = entries.map(|at| &IBANS[at..at + 4]).find(|entry| entry[..2] == *country)?;
    found[2..].parse().ok()
}

/// Whether letters and digits are an IBAN: the length of its country, and a remainder of 1 by 97.
pub fn is_iban(chars: &str) -> bool {
    let Some(length) = chars.get(..2).and_then(iban_length) else { return false };
    let rearranged = || chars[4..].bytes().chain(chars[..4].bytes());
    chars.len() == length
        && chars.is_ascii()
        && chars[2..4].bytes().all(|digit| digit.is_ascii_digit())
        && rearranged().try_fold(0, |rest, byte| match byte {
            b'0'..=b'9' => Some((rest * 10 + u32::from(byte - b'0')) % 97),
            b'A'..=b'Z' => Some((rest * 100 + u32::from(byte - b'A') + 10) % 97),
            _ => None,
        }) == Some(1)
}

/// Whether nine digits can be a US social security number: no area 000, 666 or 900 to 999, no group 00, no serial 0000.
pub fn is_ssn(digits: &str) -> bool {
    digits.len() == 9
        && !["000", "666"].contains(&&digits[..3])
        && !digits.starts_with('9')
        && &digits[3..5] != "00"
        && &digits[5..] != "0000"
}

/// Whether 15 characters are a French NIR with its key: sex, year, month, department (2A and 2B on Corsica), and
/// 97 less the remainder by 97.
pub fn is_nir(chars: &str) -> bool {
    if chars.len() != 15 || !chars.starts_with(['1', '2', '3', '4', '7', '8']) {
        return false;
    }
    let number = chars[..13].replacen("2A", "19", 1).replacen("2B", "18", 1);
    let month = chars[3..5].parse().unwrap_or(0);
    let (Ok(number), Ok(key)) = (number.parse::<u64>(), chars[13..].parse::<u64>()) else { return false };
    matches!(month, 1..=12 | 20..=42 | 50..=99) && 97 - number % 97 == key
}

/// Whether characters are a Spanish DNI (8 digits) or NIE (X, Y or Z and 7 digits) with its letter.
pub fn is_dni(chars: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let Some((number, letter)) = chars.split_at_checked(8) else { return false };
    let digits = match number.as_bytes() {
        [b'X', ..] => format!("0{}", &number[1..]),
        [b'Y', ..] => format!("1{}", &number[1..]),
        [b'Z', ..] => format!("2{}", &number[1..]),
        _ => number.to_owned(),
    };
    let is_number = digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number && digits.parse::<usize>().is_ok_and(|number| letter.as_bytes() == [LETTERS[number % LETTERS.len()]])
}

/// Whether characters have the shape of a British National Insurance number: `QQ 12 34 56 C`.
pub fn is_nino(chars: &str) -> bool {
    let bytes = chars.as_bytes();
    bytes.len() == 9
        && bytes[..2].iter().all(|letter| letter.is_ascii_uppercase() && !b"DFIUV".contains(letter))
        && bytes[2..8].iter().all(u8::is_ascii_digit)
        && (b'A'..=b'D').contains(&bytes[8])
}

/// Whether characters are a German pension insurance number: area, day of birth, letter, serial number, and a check digit
/// over the digit sums of all that by the weights 2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1.
pub fn is_pension_number(chars: &str) -> bool {
    let bytes = chars.as_bytes();
    let shape = bytes.len() == 12
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 8 { byte.is_ascii_uppercase() } else { byte.is_ascii_digit() });
    if !shape {
        return false;
    }
    let letter = u32::from(bytes[8] - b'A' + 1);
    let digit = |at: usize| u32::from(bytes[at] - b'0');
    let spread = (0..8).map(digit).chain([letter / 10, letter % 10]).chain((9..11).map(digit));
    let sum: u32 = spread
        .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum % 10 == digit(11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_by_scheme_and_luhn() {
        for card in [
            "4111111111111111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "6011000990139424",
            "36006666333344",
            "3530111333300000",
            "6759649826438453",
        ] {
            assert!(is_card(card), "{card}");
        }
        for other in [
            "4111111111111112",
            "0000000000000000",
            "352099001761481",
            "8944110068140022119",
            "7612345000128",
            "411111111111111",
        ] {
            assert!(!is_card(other), "{other}");
        }
    }

    #[test]
    fn ibans_by_country_and_remainder() {
        for iban in
            ["DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NO9386011117947"]
        {
            assert!(is_iban(iban), "{iban}");
        }
        for other in ["DE89370400440532013001", "DE8937040044053201300", "XX89370400440532013000", "DE", "ÄÖ12"] {
            assert!(!is_iban(other), "{other}");
        }
    }

    #[test]
    fn numbers_of_people_by_their_checks() {
        assert!(is_ssn("219099999") && !is_ssn("666099999") && !is_ssn("900099999") && !is_ssn("219009999"));
        assert!(is_nir("185057800608491") && is_nir("284057511509096") && !is_nir("185057800608492"));
        assert!(is_dni("12345678Z") && is_dni("X1234567L") && !is_dni("12345678A") && !is_dni("1234567Z"));
        assert!(is_nino("QQ123456C") && !is_nino("QQ123456E") && !is_nino("DQ123456A"));
        assert!(
            is_pension_number("65170839J003")
                && is_pension_number("15070649C103")
                && !is_pension_number("65170839J004")
        );
    }
}
