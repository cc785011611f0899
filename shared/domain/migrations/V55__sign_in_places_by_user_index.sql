-- The places of a person who is erased.
create index if not exists sign_in_places_by_user on sign_in_places (user_id) where user_id is not null;
