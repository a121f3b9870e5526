//! The weights of the model, as they stand in a file and in memory.

use super::chain::{Scores, Transitions};
use super::{BITS, LABELS};

/// What the file begins with: its form, and for how many features and labels it is.
const HEAD: [u8; 4] = [b'W', 1, BITS as u8, LABELS as u8];
/// Bytes of a weight that is not rounded.
const FLOAT: usize = 4;
/// Features whose bits stand in one number.
const WORD: u32 = u64::BITS;

/// Weights of features for labels, most of which are none.
pub struct Table {
    transitions: Transitions,
    /// What a whole step of a rounded weight is.
    step: f32,
    /// Which features have weights.
    known: Vec<u64>,
    /// How many features before each of those numbers have some.
    before: Vec<u32>,
    /// Where the weights of each feature begin that has some; behind the last, where they end.
    starts: Vec<u32>,
    /// Label and rounded weight.
    weights: Vec<(u8, i8)>,
}

/// Why a file is none of weights for this model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// It is for other features or labels, or in another form.
    #[error("the weights are of another model")]
    Other,
    /// It ends within something, or names a feature that there is not.
    #[error("the weights are cut short or damaged")]
    Damaged,
}

impl Table {
    /// Reads what [`written`] wrote.
    pub fn read(file: &[u8]) -> Result<Self, TableError> {
        let mut bytes = file.strip_prefix(&HEAD).ok_or(TableError::Other)?;
        let mut float = || {
            let (float, rest) = bytes.split_first_chunk::<FLOAT>().ok_or(TableError::Damaged)?;
            bytes = rest;
            Ok(f32::from_le_bytes(*float))
        };
        let step = float()?;
        let mut transitions = Transitions::default();
        for weight in transitions.iter_mut().flatten() {
            *weight = float()?;
        }
        let words = 1_usize << (BITS - WORD.trailing_zeros());
        let mut table = Self {
            transitions,
            step,
            known: vec![0; words],
            before: Vec::with_capacity(words),
            starts: Vec::new(),
            weights: Vec::new(),
        };
        let mut place = 0;
        let mut last = None;
        while !bytes.is_empty() {
            let distance = number(&mut bytes).ok_or(TableError::Damaged)?;
            let (weight, rest) = bytes.split_first().ok_or(TableError::Damaged)?;
            bytes = rest;
            place += u64::from(distance);
            let feature = u32::try_from(place / LABELS as u64).map_err(|_| TableError::Damaged)?;
            let word = table.known.get_mut((feature / WORD) as usize).ok_or(TableError::Damaged)?;
            if last != Some(feature) {
                *word |= 1 << (feature % WORD);
                table.starts.push(table.weights.len() as u32);
                last = Some(feature);
            }
            table.weights.push(((place % LABELS as u64) as u8, i8::from_le_bytes([*weight])));
        }
        table.starts.push(table.weights.len() as u32);
        let mut before = 0;
        for word in &table.known {
            table.before.push(before);
            before += word.count_ones();
        }
        Ok(table)
    }

    /// What it adds that one label follows another.
    pub fn transitions(&self) -> &Transitions {
        &self.transitions
    }

    /// Adds up the weights of features.
    pub fn add(&self, features: &[u32], scores: &mut Scores) {
        for feature in features {
            let word = (feature / WORD) as usize;
            let bit = 1_u64 << (feature % WORD);
            let Some(known) = self.known.get(word).filter(|known| **known & bit != 0) else { continue };
            let place = self.before[word] + (known & (bit - 1)).count_ones();
            let range = self.starts[place as usize] as usize..self.starts[place as usize + 1] as usize;
            for (label, weight) in &self.weights[range] {
                scores[usize::from(*label)] += f32::from(*weight) * self.step;
            }
        }
    }
}

/// The weights as a file: those of the features rounded, and no more than so many of them, the heaviest.
pub fn written(weights: &[Scores], transitions: &Transitions, most: usize) -> Vec<u8> {
    let heaviest = weights.iter().flatten().fold(0.0_f32, |most, weight| most.max(weight.abs()));
    let step = heaviest / f32::from(i8::MAX);
    let rounded = |weight: f32| (weight / step).round() as i8;
    let all = weights.iter().flatten().enumerate().map(|(place, weight)| (place, rounded(*weight)));
    let mut kept: Vec<(usize, i8)> = all.filter(|(_, weight)| *weight != 0).collect();
    kept.sort_by_key(|(place, weight)| (std::cmp::Reverse(weight.unsigned_abs()), *place));
    kept.truncate(most);
    kept.sort_unstable();
    let mut file = HEAD.to_vec();
    file.extend(step.to_le_bytes());
    file.extend(transitions.iter().flatten().flat_map(|weight| weight.to_le_bytes()));
    let mut last = 0;
    for (place, weight) in kept {
        let mut distance = place - last;
        last = place;
        while distance >= 0x80 {
            file.push((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        file.push(distance as u8);
        file.extend(weight.to_le_bytes());
    }
    file
}

/// A number in groups of seven bits, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..u32::BITS).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test that cannot go on says so by panicking")]

    use super::*;

    fn some() -> (Vec<Scores>, Transitions) {
        let mut weights = vec![[0.0; LABELS]; 1 << BITS];
        weights[3][2] = 1.0;
        weights[3][5] = -2.0;
        weights[(1 << BITS) - 1][LABELS - 1] = 0.5;
        let mut transitions = Transitions::default();
        transitions[1][2] = 0.25;
        (weights, transitions)
    }

    #[test]
    fn weights_are_read_as_they_were_written_but_for_rounding() {
        let (weights, transitions) = some();
        let table = Table::read(&written(&weights, &transitions, 10)).expect("a table");
        assert_eq!(table.transitions(), &transitions);
        let mut scores = [0.0; LABELS];
        table.add(&[3, 3, 4, (1 << BITS) - 1], &mut scores);
        assert!((scores[2] - 2.0).abs() < 0.05 && (scores[5] + 4.0).abs() < 0.05);
        assert!((scores[LABELS - 1] - 0.5).abs() < 0.05);
    }

    #[test]
    fn of_too_many_weights_the_heaviest_stay() {
        let (weights, transitions) = some();
        let table = Table::read(&written(&weights, &transitions, 1)).expect("a table");
        let mut scores = [0.0; LABELS];
        table.add(&[3], &mut scores);
        assert!(scores[2] == 0.0 && scores[5] < -1.9);
    }

    #[test]
    fn what_is_no_file_of_weights_is_refused() {
        let (weights, transitions) = some();
        let file = written(&weights, &transitions, 10);
        assert_eq!(Table::read(&[]).err(), Some(TableError::Other));
        assert_eq!(Table::read(&file[..20]).err(), Some(TableError::Damaged));
        assert_eq!(Table::read(&file[..file.len() - 1]).err(), Some(TableError::Damaged));
        let more = [file, vec![0xff, 0xff, 0xff, 0x7f, 1]].concat();
        assert_eq!(Table::read(&more).err(), Some(TableError::Damaged));
    }
}
