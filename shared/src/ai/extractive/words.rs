use unicode_segmentation::UnicodeSegmentation;

/// The words of a text in lower case, contractions joined: "Doesn't it?" is `doesnt it`, "l'abonnement"
/// is `abonnement`.
pub fn words(text: &str) -> impl Iterator<Item = String> {
    text.unicode_words().map(|word| joined(&word.to_lowercase()))
}

/// What stands before an apostrophe is an article where it is short and what follows is not.
fn joined(word: &str) -> String {
    match word.split_once(['\'', '’']) {
        Some((article, noun)) if article.chars().count() <= 2 && noun.chars().count() > 2 => noun.to_owned(),
        Some(_) => word.replace(['\'', '’'], ""),
        None => word.to_owned(),
    }
}

/// The word without the accents of Latin letters, which people leave out where they type in haste.
pub fn unaccented(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars() {
        plain.push(match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => 'a',
            'ç' => 'c',
            'è' | 'é' | 'ê' | 'ë' => 'e',
            'ì' | 'í' | 'î' | 'ï' => 'i',
            'ñ' => 'n',
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
            'ù' | 'ú' | 'û' | 'ü' => 'u',
            other => other,
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_contractions_and_drops_articles() {
        let all = |text: &str| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(all("Doesn't it? I’ve 2 SIM-cards!"), "doesnt it ive 2 sim cards");
        assert_eq!(all("l'abonnement d’Anne, j'ai"), "abonnement anne jai");
        assert_eq!(all(" … 🙂 "), "");
    }

    #[test]
    fn accents_of_latin_letters_do_not_count() {
        assert_eq!(unaccented("devolución"), "devolucion");
        assert_eq!(unaccented("größe"), "große");
        assert_eq!(unaccented("возврат"), "возврат");
    }
}
