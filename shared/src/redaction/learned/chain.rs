//! How likely each label of each token of a line is, given the scores of all of them: a linear chain.

use super::LABELS;

/// Scores of the labels of a token.
pub type Scores = [f32; LABELS];

/// What it adds that one label follows another.
pub type Transitions = [Scores; LABELS];

/// How likely each label of each token is, and of each token but the first, that it follows which. The answers stand in
/// `marginals`; `pairs` sums up the latter, where somebody wants to know.
pub fn marginals(
    scores: &[Scores],
    transitions: &Transitions,
    marginals: &mut Vec<Scores>,
    pairs: Option<&mut Transitions>,
) {
    let count = scores.len();
    marginals.clear();
    if count == 0 {
        return;
    }
    let follows = transitions.map(|row| row.map(f32::exp));
    // Each token's numbers are scaled to a sum of one, so that none runs out of a float's range.
    let weights: Vec<Scores> = scores.iter().map(exp).collect();
    let mut forward: Vec<Scores> = Vec::with_capacity(count);
    let mut last = weights[0];
    scale(&mut last);
    forward.push(last);
    for weight in &weights[1..] {
        let mut next = [0.0; LABELS];
        for (from, row) in last.iter().zip(&follows) {
            for (to, follows) in next.iter_mut().zip(row) {
                *to += from * follows;
            }
        }
        for (to, weight) in next.iter_mut().zip(weight) {
            *to *= weight;
        }
        scale(&mut next);
        forward.push(next);
        last = next;
    }
    marginals.resize(count, [0.0; LABELS]);
    let mut backward = [1.0; LABELS];
    let mut sums = pairs;
    for at in (0..count).rev() {
        let mut here = forward[at];
        here.iter_mut().zip(&backward).for_each(|(one, other)| *one *= other);
        scale(&mut here);
        marginals[at] = here;
        if at == 0 {
            break;
        }
        let mut behind = backward;
        behind.iter_mut().zip(&weights[at]).for_each(|(one, weight)| *one *= weight);
        let mut before = [0.0; LABELS];
        for (to, row) in before.iter_mut().zip(&follows) {
            *to = row.iter().zip(&behind).map(|(follows, behind)| follows * behind).sum();
        }
        if let Some(sums) = sums.as_deref_mut() {
            let total: f32 = forward[at - 1].iter().zip(&before).map(|(one, other)| one * other).sum();
            for (from, (sums, row)) in forward[at - 1].iter().zip(sums.iter_mut().zip(&follows)) {
                for ((sum, follows), behind) in sums.iter_mut().zip(row).zip(&behind) {
                    *sum += from * follows * behind / total;
                }
            }
        }
        scale(&mut before);
        backward = before;
    }
}

/// Powers of e, of which the largest is 1.
fn exp(scores: &Scores) -> Scores {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    scores.map(|score| (score - most).max(-60.0).exp())
}

fn scale(values: &mut Scores) {
    let sum: f32 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
}
