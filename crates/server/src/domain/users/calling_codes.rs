//! How countries write phone numbers: calling codes (ITU-T E.164, list of assigned codes), trunk and international prefixes
//! (ITU-T E.164, national numbering plans).

/// The numbering plan behind a calling code.
pub(super) struct Plan {
    /// Digits after the `+`.
    pub code: &'static str,
    /// What stands before a number that is dialled within the country, in place of the code.
    trunks: &'static str,
    /// What is dialled for `+` there, besides `00`.
    international: &'static str,
    /// Digits after the code, where all numbers have as many.
    length: Option<usize>,
    /// ISO 3166-1 alpha-2.
    countries: &'static str,
}

impl Plan {
    /// The plan of a country.
    pub fn of_country(country: &str) -> Option<&'static Plan> {
        PLANS
            .iter()
            .find(|plan| plan.countries.split(' ').any(|known| known == country))
    }

    /// The plan whose code a number begins with. No code is the beginning of another.
    pub fn of_number(digits: &str) -> Option<&'static Plan> {
        PLANS.iter().find(|plan| digits.starts_with(plan.code))
    }

    /// A number as dialled in the country that leads abroad, without what is dialled for `+`.
    pub fn abroad<'a>(&self, digits: &'a str) -> Option<&'a str> {
        words(self.international).find_map(|prefix| digits.strip_prefix(prefix))
    }

    /// The digits after the code, without a trunk prefix; `None` if no number of the country has so many.
    pub fn national<'a>(&self, digits: &'a str) -> Option<&'a str> {
        let is_long = self.length.is_none_or(|length| digits.len() > length);
        let stripped = words(self.trunks)
            .filter(|_| is_long)
            .find_map(|trunk| digits.strip_prefix(trunk));
        let national = stripped.unwrap_or(digits);
        // No number begins with what leads out of the local network: two zeros would be a second spelling of one number.
        let is_twice = self.trunks == "0" && national.starts_with('0');
        let fits = match self.length {
            Some(length) => national.len() == length,
            None => national.len() >= 4,
        };
        (fits && !is_twice).then_some(national)
    }
}

fn words(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(' ').filter(|word| !word.is_empty())
}

/// Numbers of a country without anything special.
const fn plain(code: &'static str, countries: &'static str) -> Plan {
    plan(code, "", "", None, countries)
}

/// Numbers that have a zero before them within the country.
const fn zero(code: &'static str, countries: &'static str) -> Plan {
    plan(code, "0", "", None, countries)
}

const fn plan(
    code: &'static str,
    trunks: &'static str,
    international: &'static str,
    length: Option<usize>,
    countries: &'static str,
) -> Plan {
    Plan {
        code,
        trunks,
        international,
        length,
        countries,
    }
}

const PLANS: &[Plan] = &[
    plan(
        "1",
        "1",
        "011",
        Some(10),
        "US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI",
    ),
    plan("7", "8", "810", Some(10), "RU KZ"),
    zero("20", "EG"),
    zero("211", "SS"),
    zero("212", "MA EH"),
    zero("213", "DZ"),
    plain("216", "TN"),
    zero("218", "LY"),
    plain("220", "GM"),
    plain("221", "SN"),
    plain("222", "MR"),
    plain("223", "ML"),
    plain("224", "GN"),
    plain("225", "CI"),
    plain("226", "BF"),
    plain("227", "NE"),
    plain("228", "TG"),
    plain("229", "BJ"),
    plain("230", "MU"),
    zero("231", "LR"),
    zero("232", "SL"),
    zero("233", "GH"),
    plan("234", "0", "009", None, "NG"),
    plain("235", "TD"),
    plain("236", "CF"),
    plain("237", "CM"),
    plain("238", "CV"),
    plain("239", "ST"),
    plain("240", "GQ"),
    zero("241", "GA"),
    plain("242", "CG"),
    zero("243", "CD"),
    plain("244", "AO"),
    plain("245", "GW"),
    plain("246", "IO"),
    plain("247", "AC"),
    plain("248", "SC"),
    zero("249", "SD"),
    zero("250", "RW"),
    zero("251", "ET"),
    zero("252", "SO"),
    plain("253", "DJ"),
    plan("254", "0", "000", None, "KE"),
    plan("255", "0", "000", None, "TZ"),
    plan("256", "0", "000", None, "UG"),
    plain("257", "BI"),
    plain("258", "MZ"),
    zero("260", "ZM"),
    zero("261", "MG"),
    zero("262", "RE YT"),
    zero("263", "ZW"),
    zero("264", "NA"),
    zero("265", "MW"),
    plain("266", "LS"),
    plain("267", "BW"),
    plain("268", "SZ"),
    plain("269", "KM"),
    zero("27", "ZA"),
    plain("290", "SH TA"),
    zero("291", "ER"),
    plain("297", "AW"),
    plain("298", "FO"),
    plain("299", "GL"),
    plain("30", "GR"),
    zero("31", "NL"),
    zero("32", "BE"),
    zero("33", "FR"),
    plain("34", "ES"),
    plain("350", "GI"),
    plain("351", "PT"),
    plain("352", "LU"),
    zero("353", "IE"),
    plain("354", "IS"),
    zero("355", "AL"),
    plain("356", "MT"),
    plain("357", "CY"),
    zero("358", "FI AX"),
    zero("359", "BG"),
    plan("36", "06", "", None, "HU"),
    plan("370", "0 8", "", Some(8), "LT"),
    plain("371", "LV"),
    plain("372", "EE"),
    zero("373", "MD"),
    zero("374", "AM"),
    plan("375", "80 8 0", "810", Some(9), "BY"),
    plain("376", "AD"),
    zero("377", "MC"),
    plain("378", "SM"),
    zero("380", "UA"),
    zero("381", "RS"),
    zero("382", "ME"),
    zero("383", "XK"),
    zero("385", "HR"),
    zero("386", "SI"),
    zero("387", "BA"),
    zero("389", "MK"),
    // Numbers keep their first zero.
    plain("39", "IT VA"),
    zero("40", "RO"),
    zero("41", "CH"),
    plain("420", "CZ"),
    zero("421", "SK"),
    zero("423", "LI"),
    zero("43", "AT"),
    zero("44", "GB GG IM JE"),
    plain("45", "DK"),
    zero("46", "SE"),
    plain("47", "NO SJ"),
    plain("48", "PL"),
    zero("49", "DE"),
    plain("500", "FK GS"),
    plain("501", "BZ"),
    plain("502", "GT"),
    plain("503", "SV"),
    plain("504", "HN"),
    plain("505", "NI"),
    plain("506", "CR"),
    plain("507", "PA"),
    zero("508", "PM"),
    plain("509", "HT"),
    zero("51", "PE"),
    // A 1 stood between code and mobile numbers until 2019.
    plan("52", "044 045 01 1", "", Some(10), "MX"),
    plan("53", "0", "119", None, "CU"),
    zero("54", "AR"),
    zero("55", "BR"),
    plain("56", "CL"),
    zero("57", "CO"),
    zero("58", "VE"),
    zero("590", "GP BL MF"),
    zero("591", "BO"),
    plan("592", "", "001", None, "GY"),
    zero("593", "EC"),
    zero("594", "GF"),
    zero("595", "PY"),
    zero("596", "MQ"),
    zero("597", "SR"),
    zero("598", "UY"),
    plain("599", "CW BQ"),
    zero("60", "MY"),
    plan("61", "0", "0011", None, "AU CC CX"),
    plan("62", "0", "001 007 008", None, "ID"),
    zero("63", "PH"),
    zero("64", "NZ PN"),
    plan("65", "", "001 002 008", None, "SG"),
    plan("66", "0", "001", None, "TH"),
    plain("670", "TL"),
    plain("672", "NF AQ"),
    plain("673", "BN"),
    plain("674", "NR"),
    plain("675", "PG"),
    plain("676", "TO"),
    plain("677", "SB"),
    plain("678", "VU"),
    plain("679", "FJ"),
    plan("680", "", "011", None, "PW"),
    plain("681", "WF"),
    plain("682", "CK"),
    plain("683", "NU"),
    plain("685", "WS"),
    zero("686", "KI"),
    plain("687", "NC"),
    plain("688", "TV"),
    plain("689", "PF"),
    plain("690", "TK"),
    plain("691", "FM"),
    plan("692", "1", "011", Some(7), "MH"),
    plan("81", "0", "010", None, "JP"),
    plan("82", "0", "001 002", None, "KR"),
    zero("84", "VN"),
    zero("850", "KP"),
    plan("852", "", "001", None, "HK"),
    plain("853", "MO"),
    plan("855", "0", "001 007 008", None, "KH"),
    zero("856", "LA"),
    zero("86", "CN"),
    zero("880", "BD"),
    plan("886", "0", "002", None, "TW"),
    zero("90", "TR"),
    zero("91", "IN"),
    zero("92", "PK"),
    zero("93", "AF"),
    zero("94", "LK"),
    zero("95", "MM"),
    plain("960", "MV"),
    zero("961", "LB"),
    zero("962", "JO"),
    zero("963", "SY"),
    zero("964", "IQ"),
    plain("965", "KW"),
    zero("966", "SA"),
    zero("967", "YE"),
    plain("968", "OM"),
    zero("970", "PS"),
    zero("971", "AE"),
    zero("972", "IL"),
    plain("973", "BH"),
    plain("974", "QA"),
    plain("975", "BT"),
    plan("976", "0", "001", None, "MN"),
    zero("977", "NP"),
    zero("98", "IR"),
    plan("992", "", "810", None, "TJ"),
    plan("993", "8", "810", Some(8), "TM"),
    zero("994", "AZ"),
    zero("995", "GE"),
    zero("996", "KG"),
    plain("998", "UZ"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_begins_another_and_no_country_stands_twice() {
        let mut countries: Vec<_> = PLANS
            .iter()
            .flat_map(|plan| plan.countries.split(' '))
            .collect();
        let all = countries.len();
        countries.sort_unstable();
        countries.dedup();
        assert_eq!(countries.len(), all);
        for plan in PLANS {
            let same = PLANS
                .iter()
                .filter(|other| other.code.starts_with(plan.code));
            assert_eq!(same.count(), 1, "{}", plan.code);
        }
    }
}
