-- What taxes and shipping depend on. A product without a weight cannot be shipped by methods that are priced by weight.
alter table products
    add column tax_category text not null default 'standard',
    add column weight_grams integer,
    add column requires_shipping boolean not null default true;
alter table products
    add constraint products_tax_category_shape check (tax_category ~ '^[a-z0-9][a-z0-9_-]{0,39}$') not valid,
    add constraint products_weight_range check (weight_grams between 0 and 10000000) not valid;
