-- Whether the shop has any rules, so that one without pays nothing for them: one row, kept by the triggers below. Its home is
-- the country that prices are estimated for before an address is known.
create table shop_pricing (
    has_rules    boolean not null default false,
    home_country text constraint shop_pricing_home_country_shape check (home_country ~ '^[A-Z]{2}$'),
    revision     bigint not null default 0,
    version      bigint not null default 1,
    is_the_one   boolean not null default true constraint shop_pricing_is_the_one check (is_the_one),
    constraint shop_pricing_one_row primary key (is_the_one)
);
insert into shop_pricing default values;

create function keep_shop_pricing() returns trigger language plpgsql as $$
begin
    -- Locked by a statement of its own, so that the next one sees what others have changed who held the lock.
    perform from shop_pricing for no key update;
    update shop_pricing
    set revision = revision + 1,
        has_rules = exists (select from tax_countries)
            or exists (select from shipping_methods where active)
            or exists (select from discounts where active);
    return null;
end $$;
create trigger tax_countries_keep_pricing after insert or update or delete on tax_countries
    for each statement execute function keep_shop_pricing();
create trigger tax_rates_keep_pricing after insert or delete on tax_rates
    for each statement execute function keep_shop_pricing();
create trigger tax_exemptions_keep_pricing after insert or update or delete on tax_exemptions
    for each statement execute function keep_shop_pricing();
create trigger shipping_methods_keep_pricing after insert or update or delete on shipping_methods
    for each statement execute function keep_shop_pricing();
-- Not by its uses: orders would wait for one another.
create trigger discounts_keep_pricing after insert or delete or update of
    title, code, target, kind, percent_bp, currency, value_minor, minimum_minor, products, categories, starts_at, ends_at,
    max_uses, max_per_buyer, combines, priority, active on discounts
    for each statement execute function keep_shop_pricing();

-- The discounts that a basket may have: those of the codes, whatever became of them, and ten that apply by themselves.
create function discount_rules(codes text[], currency text, buyer bytea) returns jsonb language plpgsql stable as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', d.id, 'title', d.title, 'code', d.code, 'target', d.target,
            'value', case d.kind when 'percent' then jsonb_build_object('percent_bp', d.percent_bp)
                                 else jsonb_build_object('fixed_minor', d.value_minor) end,
            'currency', d.currency, 'minimum_minor', d.minimum_minor, 'products', d.products,
            'categories', (
                with recursive below as (
                    select c.id from categories c where c.id = any(d.categories)
                    union
                    select c.id from categories c join below b on c.parent_id = b.id
                )
                select coalesce(jsonb_agg(b.id), '[]') from below b),
            'starts_at', case when isfinite(d.starts_at) then to_jsonb(d.starts_at) end,
            'ends_at', case when isfinite(d.ends_at) then to_jsonb(d.ends_at) end,
            'max_uses', d.max_uses, 'used', d.used, 'max_per_buyer', d.max_per_buyer, 'used_by_buyer', d.used_by_buyer,
            'combines', d.combines, 'priority', d.priority)), '[]')
        from (
            select d.*, mine.used_by_buyer
            from discounts d
            cross join lateral (
                select count(*) as used_by_buyer from discount_uses u
                where u.discount_id = d.id and u.buyer = discount_rules.buyer and u.released_at is null) mine
            where d.active and d.code = any(discount_rules.codes)
            union all
            (select d.*, mine.used_by_buyer
             from discounts d
             cross join lateral (
                 select count(*) as used_by_buyer from discount_uses u
                 where u.discount_id = d.id and u.buyer = discount_rules.buyer and u.released_at is null) mine
             where d.active and d.code is null and d.starts_at <= now() and now() < d.ends_at
               and (d.max_uses is null or d.used < d.max_uses)
               and (d.max_per_buyer is null or mine.used_by_buyer < d.max_per_buyer)
               and (d.currency is null or d.currency = discount_rules.currency)
             order by d.priority, d.id
             limit 10)
        ) d);
end $$;

-- Whether a rate in force names a region. A plan for any country would read all rates of a shop that has many of one.
create function has_regional_rates(country text) returns boolean language plpgsql stable set enable_seqscan = off as $$
begin
    return exists (
        select from tax_rates r
        where r.country = has_regional_rates.country and r.region > '' and r.valid_from <= now() and r.rate_ppm is not null
          and not exists (
            select from tax_rates later
            where (later.country, later.region, later.postal_prefix, later.category, later.component)
                  = (r.country, r.region, r.postal_prefix, r.category, r.component)
              and later.valid_from > r.valid_from and later.valid_from <= now()));
end $$;

-- What the shop has written about taxes, shipping and discounts, as far as it concerns a basket for this place, currency and
-- buyer: `pricing/rules.rs` has the shape. An account is exempt from tax by its certificate.
create function pricing_rules(
    country text, region text, postal_prefixes text[], codes text[], currency text, buyer bytea, account uuid default null
) returns jsonb language plpgsql stable as $$
declare
    place text := coalesce(region, '');
    prefixes text[] := coalesce(postal_prefixes, '{""}');
begin
    return (select jsonb_build_object(
        'at', now(),
        'has_tax', exists (select from tax_countries),
        'has_shipping', exists (select from shipping_methods m where m.active),
        'has_regions',
            has_regional_rates(country)
            or exists (
                select from shipping_methods m cross join jsonb_array_elements(m.zones) z
                where m.active and z ->> 'country' = pricing_rules.country and z ->> 'region' > ''),
        'tax', (
            select jsonb_build_object(
                'prices_include_tax', c.prices_include_tax,
                'shipping_rule', c.shipping_rule,
                'is_exempt', exists (
                    select from tax_exemptions e
                    where e.user_id = account and e.country = c.country and e.region in ('', place)
                      and e.valid_from <= now() and (e.valid_until is null or now() < e.valid_until)),
                'rates', (
                    select coalesce(jsonb_agg(jsonb_build_object(
                        'region', r.region, 'postal_prefix', r.postal_prefix, 'category', r.category,
                        'component', r.component, 'rate_ppm', r.rate_ppm, 'label', r.label)), '[]')
                    from (
                        select distinct on (r.region, r.postal_prefix, r.category, r.component) r.*
                        from tax_rates r
                        where r.country = c.country and r.region in ('', place) and r.postal_prefix = any(prefixes)
                          and r.valid_from <= now()
                        order by r.region, r.postal_prefix, r.category, r.component, r.valid_from desc) r
                    where r.rate_ppm is not null))
            from tax_countries c where c.country = pricing_rules.country),
        'shipping_methods', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'id', m.id, 'name', m.name, 'carrier', m.carrier, 'currency', m.currency, 'basis', m.basis,
                'free_from_minor', m.free_from_minor, 'tax_category', m.tax_category, 'days_min', m.days_min,
                'days_max', m.days_max, 'position', m.position, 'zones', (
                    select coalesce(jsonb_agg(z), '[]') from jsonb_array_elements(m.zones) z
                    where z ->> 'country' in ('', pricing_rules.country) and pricing_rules.country is not null
                      and z ->> 'region' in ('', place) and z ->> 'postal_prefix' = any(prefixes)))), '[]')
            from shipping_methods m where m.active),
        'discounts', discount_rules(codes, currency, buyer)));
end $$;
