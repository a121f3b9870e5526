//! Learns weights: by the gradient of each line's likelihood, each weight with a step of its own that shrinks with what it
//! has seen, and held at nothing until there is enough for it (regularised dual averaging with AdaGrad's steps).

use std::collections::BTreeMap;

use wrapup::redaction::learned::{BITS, Class, LABELS, Line, Reading, Scores, Transitions, marginals};

use crate::rows::Row;

/// Times that all lines are learned from.
const EPOCHS: usize = 3;
/// How far a step goes.
const STEP: f32 = 0.05;
/// What a weight has to earn a line, to be one.
const LEAST: f32 = 0.000_01;
/// A feature counts that so many conversations have, by so many hands: what one hand alone says tells nothing of others.
const CONVERSATIONS: u32 = 4;
const HANDS: u32 = 3;
/// Of what the rules find in conversations that they were written with, so many in a hundred are kept from the model: it
/// would trust the rules too much.
const KEPT_BACK: u64 = 50;

/// A conversation to learn from.
pub struct Example {
    reading: Reading,
    labels: Vec<usize>,
    hand: String,
}

impl Example {
    /// Reads a conversation.
    pub fn of(row: &Row, number: usize) -> Self {
        let mut findings = 0;
        let reading = Reading::of(&row.text, |_| {
            findings += 1;
            !row.known || shuffled(number, findings) % 100 >= KEPT_BACK
        });
        let label = |bytes: &std::ops::Range<usize>| {
            let is_here = |place: &std::ops::Range<usize>| place.start < bytes.end && place.end > bytes.start;
            let secret = row.secrets.iter().find(|(_, places)| places.iter().any(is_here));
            secret.map_or(0, |(kind, _)| 1 + *kind as usize)
        };
        let labels = reading.tokens.iter().map(label).collect();
        Self { reading, labels, hand: row.hand.clone() }
    }
}

/// What was learned.
pub struct Learned {
    /// The weights of each feature.
    pub weights: Vec<Scores>,
    /// What it adds that one label follows another.
    pub transitions: Transitions,
}

/// Learns from these.
pub fn learn(examples: &[&Example]) -> Learned {
    let mut trainer = Trainer::of(examples);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for epoch in 0..EPOCHS {
        order.sort_by_key(|example| shuffled(*example, epoch));
        for example in order.iter().filter_map(|example| examples.get(*example)) {
            for line in &example.reading.lines {
                trainer.learn(line, &example.labels[line.tokens.clone()]);
            }
        }
    }
    let weights = (0..trainer.sums.len()).map(|feature| trainer.weights(feature)).collect();
    Learned { weights, transitions: trainer.transitions() }
}

/// A number that looks like chance, and is the same each time.
fn shuffled(one: usize, other: usize) -> u64 {
    let mut state =
        (one as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (other as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    state ^= state >> 31;
    state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 29
}

/// The sum of a weight's gradients, and of their squares.
#[derive(Clone, Copy, Default)]
struct Sums {
    gradients: Scores,
    squares: Scores,
}

impl Sums {
    fn add(&mut self, gradient: &Scores) {
        let sums = self.gradients.iter_mut().zip(&mut self.squares);
        for ((sum, square), gradient) in sums.zip(gradient) {
            *sum += gradient;
            *square += gradient * gradient;
        }
    }

    fn weights(&self, least: f32) -> Scores {
        let mut weights = [0.0; LABELS];
        for (weight, (sum, square)) in weights.iter_mut().zip(self.gradients.iter().zip(&self.squares)) {
            let over = (sum.abs() - least).max(0.0);
            *weight = STEP * over.copysign(*sum) / (1.0 + square).sqrt();
        }
        weights
    }
}

struct Trainer {
    sums: Vec<Sums>,
    counts: Vec<bool>,
    follows: [Sums; LABELS],
    lines: f32,
}

impl Trainer {
    fn of(examples: &[&Example]) -> Self {
        // How many conversations have a feature, which hands, and which conversation had it last.
        let mut seen = vec![(0_u32, 0_u64, usize::MAX); 1 << BITS];
        let mut hands = BTreeMap::new();
        for (number, example) in examples.iter().enumerate() {
            let next = hands.len();
            let hand = *hands.entry(example.hand.as_str()).or_insert(next);
            let lines = example.reading.lines.iter();
            for feature in lines.flat_map(|line| line.own.iter().chain(&line.shared)).flatten() {
                let (times, by, last) = &mut seen[*feature as usize];
                if *last != number {
                    *times += 1;
                    *last = number;
                }
                *by |= 1 << (hand % 64);
            }
        }
        let counts = seen.iter().map(|(times, by, _)| *times >= CONVERSATIONS && by.count_ones() >= HANDS).collect();
        Self { sums: vec![Sums::default(); 1 << BITS], counts, follows: [Sums::default(); LABELS], lines: 0.0 }
    }

    fn weights(&self, feature: usize) -> Scores {
        if self.counts[feature] { self.sums[feature].weights(LEAST * self.lines) } else { [0.0; LABELS] }
    }

    fn transitions(&self) -> Transitions {
        self.follows.map(|sums| sums.weights(0.0))
    }

    fn add_up(&self, features: &[u32], scores: &mut Scores) {
        for feature in features {
            let weights = self.weights(*feature as usize);
            scores.iter_mut().zip(&weights).for_each(|(score, weight)| *score += weight);
        }
    }

    fn learn(&mut self, line: &Line, labels: &[usize]) {
        let mut shared = [[0.0; LABELS]; Class::COUNT];
        for (scores, features) in shared.iter_mut().zip(&line.shared) {
            self.add_up(features, scores);
        }
        let mut scores = Vec::with_capacity(labels.len());
        for (own, class) in line.own.iter().zip(&line.classes) {
            let mut here = shared[usize::from(*class)];
            self.add_up(own, &mut here);
            scores.push(here);
        }
        let (mut chances, mut pairs) = (Vec::new(), Transitions::default());
        marginals(&scores, &self.transitions(), &mut chances, Some(&mut pairs));
        let mut of_class = [[0.0; LABELS]; Class::COUNT];
        for (at, (chances, label)) in chances.iter().zip(labels).enumerate() {
            let mut gradient = chances.map(|chance| -chance);
            gradient[*label] += 1.0;
            let sum = &mut of_class[usize::from(line.classes[at])];
            sum.iter_mut().zip(&gradient).for_each(|(sum, one)| *sum += one);
            // What is sure already teaches nothing.
            if gradient[*label] >= 0.001 {
                self.add(&line.own[at], &gradient);
            }
        }
        for (features, gradient) in line.shared.iter().zip(&of_class) {
            self.add(features, gradient);
        }
        let mut gradients = pairs.map(|row| row.map(|chance| -chance));
        for pair in labels.windows(2) {
            gradients[pair[0]][pair[1]] += 1.0;
        }
        self.follows.iter_mut().zip(&gradients).for_each(|(sums, gradient)| sums.add(gradient));
        self.lines += 1.0;
    }

    fn add(&mut self, features: &[u32], gradient: &Scores) {
        for feature in features.iter().map(|feature| *feature as usize).filter(|feature| self.counts[*feature]) {
            self.sums[feature].add(gradient);
        }
    }
}
