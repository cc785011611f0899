-- Prices are sorted within their currencies. The index on the price alone is for the release before.
create index if not exists products_by_currency_and_price on products (currency, price_minor, id);
