-- The countries that the shop taxes, and how. An order has the mode of one country.
create table tax_countries (
    country            text not null constraint tax_countries_country_shape check (country ~ '^[A-Z]{2}$'),
    prices_include_tax boolean not null,
    shipping_rule      text not null
                       constraint tax_countries_shipping_rule_known check (shipping_rule in ('follow', 'own', 'none')),
    version            bigint not null default 1,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    constraint tax_countries_once primary key (country)
);

-- Parts per million. A rate holds until the next row of the same key; one without a rate ends it. Regions and prefixes are
-- empty where they do not matter.
create table tax_rates (
    country       text not null constraint tax_rates_of_country references tax_countries,
    region        text not null default '' constraint tax_rates_region_length check (char_length(region) <= 100),
    postal_prefix text not null default ''
                  constraint tax_rates_postal_prefix_shape check (postal_prefix ~ '^[0-9A-Z]{0,10}$'),
    category      text not null constraint tax_rates_category_shape check (category ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    component     text not null default 'tax'
                  constraint tax_rates_component_shape check (component ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    rate_ppm      integer constraint tax_rates_rate_range check (rate_ppm between 0 and 1000000),
    label         text not null constraint tax_rates_label_length check (char_length(label) between 1 and 100),
    valid_from    timestamptz not null constraint tax_rates_valid_from_finite check (isfinite(valid_from)),
    created_at    timestamptz not null default now(),
    created_by    uuid constraint tax_rates_created_by_exists references users,
    constraint tax_rates_once primary key (country, region, postal_prefix, category, component, valid_from)
);
revoke update on tax_rates from app_rw;

-- So that the rate in force at a moment is the same for everybody who asks, whoever commits when: no row can still be on its
-- way when it begins to hold.
create function guard_tax_rate() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        raise exception 'a tax rate stays as it is: another one follows it'
            using errcode = '23514', constraint = 'tax_rates_stay';
    end if;
    if new.valid_from < clock_timestamp() + interval '1 minute' then
        raise exception 'a tax rate begins a minute from now at the earliest'
            using errcode = '23514', constraint = 'tax_rates_begin_later';
    end if;
    return new;
end $$;
create trigger tax_rates_begin_later before insert on tax_rates for each row execute function guard_tax_rate();
create trigger tax_rates_stay before update on tax_rates for each row execute function guard_tax_rate();

-- Buyers who pay no tax where it is added to the prices.
create table tax_exemptions (
    user_id     uuid not null constraint tax_exemptions_of_user references users,
    country     text not null constraint tax_exemptions_of_country references tax_countries,
    region      text not null default '' constraint tax_exemptions_region_length check (char_length(region) <= 100),
    certificate text not null constraint tax_exemptions_certificate_length check (char_length(certificate) between 1 and 200),
    valid_from  timestamptz not null constraint tax_exemptions_valid_from_finite check (isfinite(valid_from)),
    valid_until timestamptz,
    created_by  uuid not null constraint tax_exemptions_created_by_exists references users,
    constraint tax_exemptions_once primary key (user_id, country, region, valid_from),
    constraint tax_exemptions_window check (valid_from < valid_until)
);

-- Zones with prices by weight or value: [{"country", "region", "postal_prefix", "tiers": [{"from", "price_minor"}]}]. A place is
-- named by one zone at most, a value by one tier; empty countries are everywhere else, and a price of null is none.
create function are_shipping_zones(zones jsonb, step bigint) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select jsonb_array_length(zones) <= 500
       and (select count(*) = count(distinct (z ->> 'country', z ->> 'region', z ->> 'postal_prefix'))
            from jsonb_array_elements(zones) z)
       and not exists (
        select from jsonb_array_elements(zones) z
        where not coalesce(
            z ->> 'country' ~ '^([A-Z]{2})?$'
            and jsonb_typeof(z -> 'region') = 'string' and char_length(z ->> 'region') <= 100
            and z ->> 'postal_prefix' ~ '^[0-9A-Z]{0,10}$'
            and (z ->> 'country' <> '' or z ->> 'region' || (z ->> 'postal_prefix') = '')
            and jsonb_array_length(z -> 'tiers') between 1 and 50
            and (select count(*) = count(distinct (t ->> 'from')::bigint) from jsonb_array_elements(z -> 'tiers') t)
            and not exists (
                select from jsonb_array_elements(z -> 'tiers') t
                where not coalesce(
                    jsonb_typeof(t -> 'from') = 'number' and (t ->> 'from')::bigint >= 0
                    and jsonb_typeof(t -> 'price_minor') in ('number', 'null')
                    and coalesce((t ->> 'price_minor')::bigint, 0) between 0 and 999999999999
                    and coalesce((t ->> 'price_minor')::bigint, 0) % step = 0, false)), false))
$$;

-- The zones are part of their method: they are read, shown and replaced together.
create table shipping_methods (
    id              uuid not null,
    name            text not null constraint shipping_methods_name_length check (char_length(name) between 1 and 200),
    carrier         text constraint shipping_methods_carrier_length check (char_length(carrier) between 1 and 100),
    currency        text not null constraint shipping_methods_currency_shape check (currency ~ '^[A-Z]{3}$'),
    basis           text not null constraint shipping_methods_basis_known check (basis in ('flat', 'weight', 'subtotal')),
    free_from_minor bigint
                    constraint shipping_methods_free_from_range check (free_from_minor between 1 and 999999999999)
                    constraint shipping_methods_free_from_on_step check (free_from_minor % money_step(currency) = 0),
    tax_category    text not null default 'standard'
                    constraint shipping_methods_tax_category_shape check (tax_category ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    days_min        smallint,
    days_max        smallint,
    position        integer not null default 0,
    zones           jsonb not null default '[]'
                    constraint shipping_methods_zones_are_whole check (are_shipping_zones(zones, money_step(currency))),
    active          boolean not null default true,
    version         bigint not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    constraint shipping_methods_pkey primary key (id),
    constraint shipping_methods_days check (
        (days_min is null) = (days_max is null) and (days_min is null or days_min between 0 and days_max and days_max <= 90))
);
