//! What announces a secret, or asks for one, and what announces a number that is none.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::text::{Gap, Text};

/// What a phrase announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// A card, of whose numbers there are many.
    Card,
    /// The number of a card itself.
    CardNumber,
    Expiry,
    SecurityCode,
    Pin,
    Password,
    Answer,
    Iban,
    SocialSecurity,
    Identity,
    Birth,
    /// A phone, of which there is much talk.
    Phone,
    /// The number of a phone itself.
    PhoneNumber,
    Email,
    /// A number that may be seen, such as an order's.
    Other,
}

/// Phrases, folded, separated by `|`. A `*` stands for any letters, at the end or at the beginning of a word.
const PHRASES: &[(Cue, &str)] = &[
    (
        Cue::Card,
        "credit card|debit card|bank card|card|cards|visa|mastercard|master card|maestro|amex|american express|\
        discover card|kreditkarte*|karte|girokarte|ec karte|debitkarte*|bankkarte*|\
        tarjeta|tarjetas|carte|carte bancaire|carte bleue|carte de credit|cb",
    ),
    (
        Cue::CardNumber,
        "card number|card numbers|credit card number|debit card number|number of the card|number on the card|\
        number on your card|long number|long card number|card details|sixteen digits|sixteen digit number|\
        sixteen digit card number|16 digits|16 digit number|pan|kartennummer|kreditkartennummer|nummer der karte|kartendaten|\
        sechzehn ziffern|numero de la tarjeta|numero de tarjeta|dieciseis digitos|numero de carte|numero de la carte|\
        numero de carte bancaire|seize chiffres",
    ),
    (
        Cue::Expiry,
        "expiry|expiry date|expiration|expiration date|expires|expire|expiring|exp|valid thru|valid through|valid until|\
        valid to|valid till|run out|runs out|good through|good thru|end date|\
        ablaufdatum|gultig bis|gueltig bis|gultigkeit*|lauft ab|laeuft ab|ablauf|verfallsdatum|verfallt|\
        caducidad|fecha de caducidad|caduca|vencimiento|vence|valida hasta|fecha de vencimiento|\
        expiration|date d expiration|expire fin|expire|date de validite|validite|valable jusqu",
    ),
    (
        Cue::SecurityCode,
        "security code|security number|cvv|cvv2|cvc|cvc2|cvn|csc|check number|card verification|verification number|\
        three digits|last three|three on the back|digits on the back|number on the back|code on the back|\
        numbers on the back|signature strip|four digits on the front|\
        one time code|one time passcode|one time password|verification code|otp|passcode we|authentication code|confirmation code sent|\
        code we sent|code i sent|texted you a code|sent you a code|six digit code|login code|access code|\
        prufziffer*|pruefziffer*|prufnummer|pruefnummer|kartenprufnummer|kartenpruefnummer|sicherheitscode|\
        sicherheitsnummer|drei ziffern|dreistellige*|bestatigungscode|bestaetigungscode|tan|sms code|einmalcode|einmalpasswort|\
        codigo de seguridad|numero de seguridad de la tarjeta|tres numeros|tres digitos|codigo de verificacion|\
        tres ultimos|ultimos tres|codigo de detras|codigo que le|codigo sms|\
        cryptogramme|code de securite|trois chiffres|trois derniers|code de verification|code a usage unique|code recu|code sms",
    ),
    (
        Cue::Pin,
        "pin|pin code|pin number|pins|telephone pin|passcode|pass code|access pin|\
        geheimzahl|pin nummer|telefonpin|kartenpin|geheimnummer|persoenliche identifikationsnummer|\
        codigo pin|clave|clave de|clave personal|numero secreto|codigo secreto|\
        code pin|code secret|code confidentiel|code personnel|code d acces",
    ),
    (
        Cue::Password,
        "password|passwords|pass word|passphrase|pass phrase|passwort|kennwort|losungswort|codewort|code word|\
        codeword|secret word|kundenkennwort|telefonpasswort|passwd|pwd|pw|\
        contrasena|palabra clave|palabra secreta|palabra de paso|clave de acceso|\
        mot de passe|mdp|mot secret|mot cle",
    ),
    (
        Cue::Answer,
        "maiden name|mother s maiden|mothers maiden|first pet|pet s name|pets name|name of your pet|first school|\
        primary school|elementary school|favourite teacher|favorite teacher|favourite film|favorite movie|favorite film|favourite book|\
        favourite food|favorite food|favourite place|favorite place|memorable word|memorable place|memorable name|memorable date|\
        security answer|security question|secret question|secret answer|town were you born|city were you born|born in which|\
        where were you born|place of birth|first car|childhood nickname|street you grew up|street did you grow up|best friend s name|\
        madchenname*|maedchenname*|geburtsname*|name ihrer mutter|erstes haustier|ersten haustier*|ihr haustier|erste schule|ersten schule|\
        sicherheitsfrage|sicherheitsantwort|lieblingslehrer*|erstes auto|ersten autos|geburtsort|\
        apellido de soltera|primera mascota|nombre de su mascota|primer colegio|primera escuela|pregunta de seguridad|\
        pregunta secreta|primer coche|ciudad de nacimiento|ciudad nacio|lugar de nacimiento|profesor favorito|\
        nom de jeune fille|premier animal|animal de compagnie|premiere ecole|question secrete|question de securite|\
        premiere voiture|ville de naissance|ville etes vous ne*|lieu de naissance|professeur prefere",
    ),
    (Cue::Iban, "iban|ibans|bank details|bankverbindung|kontoverbindung|cuenta bancaria|rib|coordonnees bancaires"),
    (
        Cue::SocialSecurity,
        "social security number|social security|social|ssn|last four of your social|socials|\
        national insurance number|national insurance|ni number|nino|\
        sozialversicherungsnummer|rentenversicherungsnummer|versicherungsnummer der rente|sozialversicherung|sv nummer|\
        seguridad social|numero de la seguridad social|numero de afiliacion|nss|\
        securite sociale|numero de securite sociale|numero de secu|nir|carte vitale",
    ),
    (
        Cue::Identity,
        "dni|nie|nif|documento de identidad|documento nacional|carnet de identidad|pasaporte|\
        passport number|passport|driving licence number|driver s license number|id card number|tax id|tax identification number|\
        steuer id|steuerid|steueridentifikationsnummer|steuerliche identifikationsnummer|steuernummer|identifikationsnummer|\
        ausweisnummer|personalausweis*|reisepass*|passnummer|fuhrerschein*|\
        numero fiscal|carte d identite|passeport|permis de conduire",
    ),
    (
        Cue::Birth,
        "date of birth|dob|birth date|birthdate|birthday|born|geburtsdatum|geburtstag|geboren|geb|\
        fecha de nacimiento|naci|nacio|nacio usted|etes ne|etes nee|nacida|nacido|cumpleanos|date de naissance|ne le|nee le|naissance|anniversaire",
    ),
    (
        Cue::Phone,
        "cell phone|mobile|landline|phone|telephone|tel|whatsapp|telefon|handy|erreichen|erreichbar|zuruckrufen|ruckruf|\
        telefono|movil|telephone|portable|joindre|rappeler",
    ),
    (
        Cue::PhoneNumber,
        "phone number|telephone number|mobile number|cell number|contact number|best number|good number|call me back on|\
        call me back at|call back number|callback number|call you back on|call you on|call me on|call me at|reach you|reach me|\
        ring you on|ring me on|ring me back on|text me at|text me on|number for you|my number is|my number s|number ending|\
        telefonnummer|handynummer|mobilnummer|ruckrufnummer|rueckrufnummer|festnetznummer|rufnummer|unter welcher nummer|\
        rufen sie mich|rufen sie mich bitte zuruck|numero de telefono|numero de movil|llamarle|llameme|llamar al|\
        numero de telephone|numero de portable|rappelez|mon numero|votre numero",
    ),
    (
        Cue::Email,
        "e mail|email|mail|mails|email address|e mail address|e mail adresse|mailadresse|emailadresse|\
        correo|correo electronico|courriel|adresse mail|adresse e mail",
    ),
    (
        Cue::Other,
        "order|orders|order number|ordered|tracking|tracking number|parcel number|reference|reference number|ref|\
        invoice|invoices|invoice number|customer number|client number|account number|account no|account ending|contract|\
        contract number|policy number|policy|claim|claim number|case|case number|ticket|ticket number|confirmation number|\
        confirmation|booking|booking reference|booking number|reservation|serial number|serial|model|model number|part number|\
        item|article|sku|barcode|imei|mac|mac address|sim card|sim|sim card number|meter|meter number|meter reading|reading|\
        postcode|post code|zip|zip code|flight|room|seat|gate|extension|membership number|membership card|member id|member number|\
        loyalty card|loyalty number|gift card|gift voucher|voucher|promo code|coupon|library card|memory card|card reader|card machine|business card|graphics card|\
        sort code|total|balance|amount|limit|price|version|build|error|error code|port|work order|purchase order|po number|\
        employee number|badge|ending|ending in|ends in|ends with|last four|last 4|last four digits|points|delivery|delivered|\
        code word count|pin drop|pin code area|pinned|license plate|plate|registration|vin|isbn|merchant|merchant id|terminal|machine number|station|\
        employer|payment of|charge|charges|charged|refund|cost|costs|fee|bill|\
        *nummer|bestellnummer|bestellung|auftrag|auftragsnummer|sendungsnummer|sendung|paketnummer|rechnung|rechnungsnummer|\
        kundennummer|kundenkarte*|vertragsnummer|vertrag|vorgang|vorgangsnummer|aktenzeichen|ticketnummer|referenznummer|\
        schadennummer|schadensnummer|storungsnummer|seriennummer|geratenummer|zahlernummer|zahlerstand|artikelnummer|buchungsnummer|\
        buchungscode|postleitzahl|plz|sim karte*|gutschein*|bahncard|geschenkkarte|mitgliedsnummer|kontostand|betrag|endet auf|\
        endend auf|letzten vier|letzte vier|lieferung|termin|kennzeichen|abschlag|gutschrift|fehlercode|rechnungsbetrag|\
        pedido|pedidos|numero de pedido|seguimiento|numero de seguimiento|factura|numero de cliente|contrato|numero de contrato|\
        expediente|incidencia|referencia|localizador|reserva|poliza|numero de serie|codigo postal|contador|lectura|vuelo|asiento|\
        importe|saldo|termina en|terminada en|ultimos cuatro|cuatro ultimos|tarjeta de regalo|tarjeta sim|devolucion|numero de devolucion|\
        cita|limite|\
        commande|numero de commande|suivi|numero de suivi|colis|facture|numero de client|contrat|numero de contrat|dossier|\
        numero de dossier|reference|numero de serie|code postal|compteur|releve|vol|montant|solde|se termine par|finissant par|\
        quatre derniers|carte cadeau|carte de fidelite|carte sim|livraison|rendez vous|avoir|plafond|numero de demande|bon d achat|\
        remboursement|point de livraison",
    ),
];

/// A phrase that was found.
#[derive(Clone, Copy)]
pub struct Mark {
    pub cue: Cue,
    /// Its first token.
    pub first: usize,
    /// The token behind its last.
    pub end: usize,
}

struct Phrase {
    cue: Cue,
    words: Vec<&'static str>,
}

#[derive(Default)]
struct Phrases {
    by_first_word: HashMap<&'static str, Vec<Phrase>>,
    /// Those whose first word is not whole.
    others: Vec<Phrase>,
}

static ALL: LazyLock<Phrases> = LazyLock::new(|| {
    let mut all = Phrases::default();
    for (cue, phrases) in PHRASES {
        for phrase in phrases.split('|') {
            let words: Vec<&str> = phrase.split_whitespace().collect();
            let Some(first) = words.first().copied() else { continue };
            let phrase = Phrase { cue: *cue, words };
            if first.contains('*') {
                all.others.push(phrase);
            } else {
                all.by_first_word.entry(first).or_default().push(phrase);
            }
        }
    }
    all
});

/// Words by which a phrase belongs to the one before it: `PIN for the card` is about the PIN.
const OF: &[&str] = &[
    "of",
    "on",
    "for",
    "to",
    "from",
    "at",
    "in",
    "your",
    "my",
    "the",
    "this",
    "that",
    "our",
    "new",
    "und",
    "zu",
    "zur",
    "zum",
    "fur",
    "von",
    "vom",
    "der",
    "des",
    "ihrer",
    "meiner",
    "die",
    "das",
    "auf",
    "dem",
    "den",
    "de",
    "del",
    "la",
    "el",
    "su",
    "mi",
    "en",
    "du",
    "le",
    "au",
    "sur",
    "pour",
    "votre",
    "ma",
    "s",
    "l",
    "d",
    "back",
    "front",
    "a",
    "card",
    "telephone",
    "phone",
    "online",
    "account",
];

/// How many words may stand between a phrase and one that belongs to it.
const NEAR: usize = 4;

/// All phrases of a text, in its order. Of phrases at one place the longest counts.
pub fn marks(text: &Text<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut token = 0;
    while token < text.tokens.len() {
        let Some((cue, length)) = longest(text, token) else {
            token += 1;
            continue;
        };
        let mark = Mark { cue, first: token, end: token + length };
        let belongs = marks.last().is_some_and(|before| belongs_to(text, before, &mark));
        if !belongs {
            marks.push(mark);
        }
        token = mark.end;
    }
    marks
}

/// Whether a text has a phrase in it.
pub fn announces(words: &str) -> bool {
    let text = Text::of(words, |_| true);
    (0..text.tokens.len()).any(|token| longest(&text, token).is_some())
}

fn longest(text: &Text<'_>, token: usize) -> Option<(Cue, usize)> {
    let word = text.word(token);
    let matches = |phrase: &&Phrase| {
        let mut words = phrase.words.iter().enumerate();
        words.all(|(at, pattern)| {
            let together = at == 0 || text.gap(token + at).is_within(&[Gap::SPACE, Gap::HYPHEN, Gap::APOSTROPHE]);
            together && fits(text.word(token + at), pattern)
        })
    };
    if let Some(length) = other_number(text, token)
        && !ALL.by_first_word.get(word).into_iter().flatten().any(|phrase| phrase.words.len() > 1 && matches(&phrase))
    {
        return Some((Cue::Other, length));
    }
    let exact = ALL.by_first_word.get(word).into_iter().flatten();
    let found = exact
        .chain(&ALL.others)
        .filter(matches)
        .max_by_key(|phrase| (phrase.words.len(), phrase.words.iter().filter(|word| !word.contains('*')).count()))?;
    Some((found.cue, found.words.len()))
}

fn fits(word: &str, pattern: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => word.starts_with(start),
        (None, Some(end)) => word.len() > end.len() && word.ends_with(end),
        (None, None) => word == pattern,
    }
}

/// Words in front of `number` that do not say which.
const NO_NAME: &[&str] = &[
    "the",
    "a",
    "that",
    "this",
    "what",
    "which",
    "your",
    "my",
    "our",
    "his",
    "her",
    "new",
    "old",
    "right",
    "wrong",
    "full",
    "whole",
    "another",
    "other",
    "same",
    "and",
    "is",
    "of",
    "no",
    "or",
    "long",
    "card",
    "phone",
    "good",
    "best",
    "any",
    "some",
    "front",
    "back",
    "first",
    "second",
    "last",
    "correct",
    "s",
    "whose",
    "different",
    "with",
    "for",
    "on",
];

/// `job number`, `numéro de réservation`: numbers of things that have no phrase of their own.
fn other_number(text: &Text<'_>, token: usize) -> Option<usize> {
    let together = |token: usize| text.gap(token).is_within(&[Gap::SPACE, Gap::APOSTROPHE]);
    let word = text.word(token);
    if ["number", "numbers"].contains(&text.word(token + 1))
        && together(token + 1)
        && word.len() > 2
        && !NO_NAME.contains(&word)
    {
        return Some(2);
    }
    let of = ["de", "du", "d", "del"].contains(&text.word(token + 1)) && together(token + 1) && together(token + 2);
    (word == "numero"
        && of
        && text.word(token + 2).len() > 3
        && !["cette", "esta", "votre"].contains(&text.word(token + 2)))
    .then_some(3)
}

/// Whether a phrase only says of what the one before it is: the less telling of two in one breath.
fn belongs_to(text: &Text<'_>, before: &Mark, mark: &Mark) -> bool {
    let is_weaker = match (before.cue, mark.cue) {
        (Cue::Other, _) => false,
        (Cue::Card, Cue::CardNumber) => false,
        (Cue::Phone, Cue::PhoneNumber) => false,
        (_, Cue::Other | Cue::Card | Cue::Phone | Cue::PhoneNumber) => true,
        _ => false,
    };
    is_weaker
        && mark.first - before.end <= NEAR
        && (before.end..mark.first).all(|token| OF.contains(&text.word(token)))
        && (before.end..=mark.first).all(|token| !text.gap(token).has(&[Gap::STOP, Gap::LINE, Gap::COMMA, Gap::COLON]))
        && before.end < mark.first
}
