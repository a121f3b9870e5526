//! The phrases that announce secrets or ask for them, and those that announce numbers that are none.

use super::cues::Cue;

/// Phrases, folded, separated by `|`. A `*` stands for any letters, at the end or at the beginning of a word.
pub const PHRASES: &[(Cue, &str)] = &[
    (
        Cue::Card,
        "credit card|debit card|bank card|debit|card|cards|visa|mastercard|master card|maestro|amex|american express|\
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
        "security code|security number|ce uve uve|c v v|c v c|ce uve ce|c v v two|cvv|cvv2|cvc|cvc2|cvn|csc|card verification|verification number|\
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
        "pin|puk|puk code|servicenummer|pin code|pin number|pins|telephone pin|passcode|pass code|access pin|\
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
        "maiden name|mother s maiden|mothers maiden|mother s maiden name|mothers maiden name|moms maiden name|mom s maiden name|first pet|pet s name|pets name|name of your pet|first school|\
        primary school|elementary school|favourite teacher|favorite teacher|favourite film|favorite movie|favorite film|favourite book|\
        favourite food|favorite food|favourite place|favorite place|memorable word|memorable place|memorable name|memorable date|\
        security answer|security question|answer to my security question|answer to the security question|secret question|secret answer|town were you born|city were you born|born in which|\
        where were you born|place of birth|first car|childhood nickname|street you grew up|street did you grow up|best friend s name|\
        madchenname*|maedchenname*|geburtsname*|name ihrer mutter|erstes haustier|ersten haustier*|ihr haustier|erste schule|ersten schule|\
        sicherheitsfrage|sicherheitsantwort|sicherheitsabfrage|kontrollfrage|question de controle|questions de controle|\
        pregunta de control|preguntas de control|preguntas de seguridad|questions de securite|verification question|one of your questions|geheimfrage|geheimantwort|security q|secret q|security questions answer|lieblingslehrer*|erstes auto|ersten autos|geburtsort|\
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
        seguridad social|numero de la seguridad social|numero de afiliacion|nss|nuss|versichertennummer|\
        securite sociale|numero de securite sociale|numero de secu|nir|carte vitale",
    ),
    (
        Cue::Identity,
        "dni|nie|nif|documento de identidad|documento nacional|carnet de identidad|pasaporte|\
        passport number|passport|residence card|residence permit|green card|carte de sejour|titre de sejour|tarjeta de residencia|aufenthaltskarte|licence no|license no|passport no|licence number|license number|dl number|driving licence number|driver s license number|id card number|tax id|tax identification number|\
        steuer id|steuerid|steueridentifikationsnummer|steuerliche identifikationsnummer|steuernummer|identifikationsnummer|\
        ausweisnummer|personalausweis*|reisepass*|passnummer|fuhrerschein*|\
        numero fiscal|carte d identite|passeport|permis de conduire",
    ),
    (
        Cue::Birth,
        "date of birth|dates of birth|year of birth|birth year|how old are you|wie alt sind sie|que edad tiene|quel age avez|cumple anos|cumple|month of birth|day of birth|jahrgang|geburtsjahr|ano de nacimiento|annee de naissance|month day year|born on|d o b|fechas de nacimiento|dates de naissance|geburtsdaten|dob|birth date|birthdate|birthday|born|geburtsdatum|geburtstag|geboren|geb|\
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
        tracking code|first name|last name|surname|full name|employee id|customer id|user id|order id|booking id|account id|meeting id|device id|case id|player id|apple id|caller id|product id|transaction id|session id|login id|job id|cheque number|promo code|discount code|product code|country code|colour code|color code|reference code|booking code|code promo|code barre|codigo promocional|codigo de error|code erreur|gate code|door code|code word count|pin drop|pin code area|pinned|license plate|plate|registration|vin|isbn|merchant|merchant id|terminal|machine number|station|\
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
        numero de dossier|reference|numero de serie|code postal|compteur|releve|vol|montant|solde|se termine par|se terminant par|terminant par|terminado en|acabada en|acabado en|acaba en|endet mit|endend mit|finissant par|\
        quatre derniers|carte cadeau|carte de fidelite|carte sim|livraison|rendez vous|avoir|plafond|numero de demande|bon d achat|\
        remboursement|point de livraison|\
        vat|vat number|vat id|umsatzsteuer id|ust id|ustid|tva|numero de tva|registered company number|company number|handelsregister*|planning application|application number|parcel|consignment|subscription|subscription number|membership|lot number|batch|\
        batch number|docket|docket number|unit number|apartment|suite|bus|train|platform|aisle|pallet|crate|shelf|branch code|\
        letter of|wifi network|ssid|firmware|software|release|patch|update|lottery|raffle|tax year|module|chapter|channel|frequency|\
        bauantrag|genehmigung|flurstuck|fahrgestell*|typ|typenschild|modell|baujahr|zahler|messwert|kilometerstand|kilometer|bescheid|\
        schreiben vom|brief vom|az|aktz|kdnr|kd nr|kundennr|rechnungsnr|bestellnr|auftragsnr|vertragsnr|sendungsnr|vorgangsnr|abo|abonummer|gleis|zug|\
        filiale|regal|fach|version|fehler|chargennummer|charge|losnummer|\
        licencia de obra|licencia de obras|parcela|catastro|referencia catastral|matricula|bastidor|modelo|lote|abono|suscripcion|tren|anden|tienda|\
        pasillo|estanteria|formulario|kilometraje|kilometros|error|version|bulto|\
        permis pc|permis de construire|permis d amenager|declaration prealable|parcelle|cadastre|courrier n|guichet|immatriculation|plaque|modele|\
        abonnement|abonne numero|train|quai|magasin|rayon|formulaire|kilometrage|erreur|bordereau|bon de commande|numero de bon|numero de lot|piece pcmi|pcmi",
    ),
];
