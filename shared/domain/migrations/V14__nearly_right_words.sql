-- Words that are nearly right find something too, if the server has pg_trgm and its owner lets us have it.
do $$
begin
    if exists (select from pg_available_extensions where name = 'pg_trgm') then
        create extension if not exists pg_trgm;
    end if;
exception when insufficient_privilege or feature_not_supported then
    null;
end $$;

-- The products in which every word stands exactly, or nearly so in the name, but not all of them exactly.
-- A word that no product has is looked for first: few names are like it. Without pg_trgm nothing is near.
do $$
begin
    if to_regproc('word_similarity') is null then
        create function products_like(words text) returns setof uuid language sql stable as 'select null::uuid where false';
        return;
    end if;
    create index products_by_likeness on products using gin (name gin_trgm_ops);
    -- That no product has a word is quickly seen in the index only.
    create function products_like(words text) returns setof uuid language sql stable rows 50
    set pg_trgm.word_similarity_threshold = 0.5 set enable_seqscan = off set jit = off as $f$
        with word as (
            select word, plainto_tsquery('simple', word) as exact, case when char_length(word) < 6 then 0.6 else 0.5 end as near
            from regexp_split_to_table(btrim(words), '\s+') word
        ), rarest as (
            select word, exact from word
            order by exists (select 1 from products where search @@ exact), char_length(word) desc
            limit 1
        )
        select p.id
        from products p
        where (p.name %> (select word from rarest) or p.search @@ (select exact from rarest))
          and not p.search @@ websearch_to_tsquery('simple', words)
          and not exists (
              select 1 from word w where not (p.search @@ w.exact or word_similarity(w.word, p.name) >= w.near)
          )
    $f$;
end $$;
