//! What a shop writes about taxes, shipping and discounts.

mod discounts;
mod give_back;
mod rules;
