-- Whose key it is: a user, or the checkout or the order that a guest opens. Their ids never meet. A migration of its own, for
-- requests lock these keys before they lock orders.
alter table idempotency_keys drop constraint idempotency_keys_user_id_fkey;
