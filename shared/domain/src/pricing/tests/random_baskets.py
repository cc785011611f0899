"""Prints random baskets and what they cost: `python3 random_baskets.py > random_baskets.txt`. Needs nothing but Python.

The reference arithmetic of this module, plain and slow, in steps of the currency. A line of the output is

    currency mode rule shipping lines discounts results totals rows applied

    mode       i: prices include tax, a: it is added
    rule       how shipping is taxed: f, o, n for follow, own, none
    shipping   - or price,free_from,rate; free_from 0 for none
    lines      quantity,unit,rate;...
    discounts  - or kind value,target,priority,combines;... with kind p (basis points) or f (minor units), and target o
               (order), s (shipping) or the places of the lines; combines 0 or 1
    results    discount,tax;... of each line
    totals     total,shipping,its discount,its tax
    rows       base,tax;... of each component, by its name and rate; - for none
    applied    place:amount;... of the discounts that apply, by place; - for none

Amounts are in minor units. A rate is the place in RATES."""

import random

MILLION = 10**6
RATES = [
    [],
    [("tax", 0)],
    [("tax", 41_666)],
    [("tax", 50_000)],
    [("tax", 55_000)],
    [("tax", 70_000)],
    [("tax", 88_750)],
    [("tax", 190_000)],
    [("tax", 200_000)],
    [("tax", 1_000_000)],
    [("local", 20_000)],
    [("local", 20_000), ("state", 62_500)],
    [("gst", 50_000), ("qst", 99_750)],
]
# Step and least charge in minor units.
CURRENCIES = {"EUR": (1, 50), "JPY": (1, 50), "KWD": (10, 10), "UGX": (100, 100)}


def half_up(numerator, denominator):
    return (2 * numerator + denominator) // (2 * denominator)


def apportion(total, numerators, denominator):
    parts = [n // denominator for n in numerators]
    missing = total - sum(parts)
    assert 0 <= missing <= sum(1 for n in numerators if n % denominator)
    places = sorted(range(len(parts)), key=lambda i: (-(numerators[i] % denominator), i))
    for place in places[:missing]:
        parts[place] += 1
    return parts


def share(total, weights):
    if sum(weights) == 0:
        return [0] * len(weights)
    return apportion(total, [total * w for w in weights], sum(weights))


def ppm(rate):
    return sum(p for _, p in RATES[rate])


def price(basket, chosen):
    """What the basket costs with the discounts at the places `chosen`, which are in order of classes."""
    step, lines, discounts, shipping = basket["step"], basket["lines"], basket["discounts"], basket["shipping"]
    totals = [quantity * unit // step for quantity, unit, _ in lines]
    left, applied = totals[:], {}

    def off(kind, value, base):
        return half_up(base * value, 10_000) if kind == "p" else min(value // step, base)

    for place in chosen:
        kind, value, target, *_ = discounts[place]
        if target == "s":
            continue
        places = range(len(lines)) if target == "o" else [int(digit) for digit in target]
        amount = off(kind, value, sum(left[i] for i in places))
        for i, part in zip(places, share(amount, [left[i] for i in places])):
            left[i] -= part
        applied[place] = amount * step
    goods = sum(left)
    shipping_price = shipping[0] // step if shipping else 0
    if shipping and shipping[1] and goods * step >= shipping[1]:
        shipping_price = 0
    shipping_left = shipping_price
    for place in chosen:
        kind, value, target, *_ = discounts[place]
        if target == "s":
            amount = off(kind, value, shipping_left)
            shipping_left -= amount
            applied[place] = amount * step

    parts = [(i, left[i], rate) for i, (_, _, rate) in enumerate(lines)]
    if shipping and basket["rule"] == "f":
        rates = list(dict.fromkeys(rate for _, _, rate in lines))
        weights = next(w for w in (left, totals, [quantity for quantity, _, _ in lines]) if sum(w))
        by_rate = [sum(w for w, (_, _, of) in zip(weights, lines) if of == rate) for rate in rates]
        parts += [(None, part, rate) for rate, part in zip(rates, share(shipping_left, by_rate))]
    elif shipping and basket["rule"] == "o":
        parts.append((None, shipping_left, shipping[2]))
    tax_of_lines, tax_of_shipping, rows = [0] * len(lines), 0, {}
    for rate in dict.fromkeys(rate for _, _, rate in parts):
        members = [(of, base) for of, base, other in parts if other == rate]
        base = sum(base for _, base in members)
        denominator = MILLION + (ppm(rate) if basket["mode"] == "i" else 0)
        tax = half_up(base * ppm(rate), denominator)
        for (of, _), part in zip(members, apportion(tax, [b * ppm(rate) for _, b in members], denominator)):
            if of is None:
                tax_of_shipping += part
            else:
                tax_of_lines[of] += part
        for key, part in zip(RATES[rate], apportion(tax, [base * p for _, p in RATES[rate]], denominator)):
            sums = rows.setdefault(key, [0, 0])
            sums[0] += base * step
            sums[1] += part * step
    added = sum(tax_of_lines) + tax_of_shipping if basket["mode"] == "a" else 0
    return {
        "total": (goods + shipping_left + added) * step,
        "lines": [((t - l) * step, tax * step) for t, l, tax in zip(totals, left, tax_of_lines)],
        "shipping": [n * step for n in (shipping_price, shipping_price - shipping_left, tax_of_shipping)],
        "rows": [rows[key] for key in sorted(rows)],
        "applied": applied,
    }


def best(basket):
    """All that combine, each other one alone, or none: the lowest total that can be paid, ties by priority and place."""
    discounts = basket["discounts"]
    rank = lambda place: (discounts[place][3], place)
    in_class = lambda place: ({"o": 1, "s": 2}.get(discounts[place][2], 0), rank(place))
    together = [place for place, discount in enumerate(discounts) if discount[4]]
    sets = [[place] for place, discount in enumerate(discounts) if not discount[4]]
    sets += [sorted(together, key=in_class)] if together else []
    sets.sort(key=lambda places: min(map(rank, places)))
    priced = [price(basket, places) for places in sets + [[]]]
    return min(priced, key=lambda one: (0 < one["total"] < basket["least"], one["total"]))


def draw(chance):
    currency = chance.choice(["EUR", "EUR", "EUR", "JPY", "KWD", "UGX"])
    step, least = CURRENCIES[currency]
    count = chance.choice([1, 1, 2, 2, 3, 4, 6])
    rate = lambda: chance.randrange(len(RATES))
    few = [rate() for _ in range(3)]
    unit = lambda: chance.choice([0, 1, 99, chance.randint(0, 3000), chance.randint(0, 30_000)]) * step
    lines = [(chance.randint(1, 9), unit(), chance.choice(few)) for _ in range(count)]
    discounts = []
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3, 4])):
        some = "".join(map(str, sorted(chance.sample(range(count), chance.randint(1, count)))))
        kind = chance.choice("pf")
        value = chance.choice([chance.randint(1, 10_000), 10_000]) if kind == "p" else chance.randint(1, 5000) * step
        discounts.append((kind, value, chance.choice(["o", "s", some]), chance.randint(1, 3), chance.random() < 0.8))
    free_from = chance.choice([0, 0, chance.randint(1, 9000) * step])
    shipping = chance.choice([None, (chance.randint(0, 2000) * step, free_from, rate())])
    mode, rule = chance.choice("ia"), chance.choice("fon")
    return {
        "currency": currency, "step": step, "least": least, "lines": lines, "discounts": discounts,
        "shipping": shipping, "mode": mode, "rule": rule,
    }


def written(basket):
    of = lambda rows: ";".join(",".join(str(int(c) if isinstance(c, bool) else c) for c in row) for row in rows) or "-"
    out = best(basket)
    discounts = [(f"{kind}{value}", *rest) for kind, value, *rest in basket["discounts"]]
    shipping = ",".join(map(str, basket["shipping"])) if basket["shipping"] else "-"
    applied = ";".join(f"{place}:{amount}" for place, amount in sorted(out["applied"].items())) or "-"
    return " ".join([
        basket["currency"], basket["mode"], basket["rule"], shipping, of(basket["lines"]), of(discounts),
        of(out["lines"]), of([[out["total"], *out["shipping"]]]), of(out["rows"]), applied,
    ])


if __name__ == "__main__":
    chance = random.Random(18)
    for _ in range(10_000):
        print(written(draw(chance)))
