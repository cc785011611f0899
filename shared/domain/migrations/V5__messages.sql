create table outbox (
    id           bigint generated always as identity primary key,
    topic        text not null constraint outbox_topic_known check (topic in ('mail', 'inventory')),
    dedupe_key   text not null constraint outbox_once unique
                 constraint outbox_dedupe_key_length check (char_length(dedupe_key) between 1 and 255),
    payload      jsonb not null,
    created_at   timestamptz not null default now(),
    available_at timestamptz not null default now(),
    sent_at      timestamptz,
    attempts     integer not null default 0 constraint outbox_attempts_not_negative check (attempts >= 0)
);
create index outbox_to_send on outbox (available_at, id) where sent_at is null;

create table inbox (
    consumer    text not null constraint inbox_consumer_length check (char_length(consumer) between 1 and 50),
    message_key text not null constraint inbox_message_key_length check (char_length(message_key) between 1 and 255),
    received_at timestamptz not null default now(),
    constraint inbox_once primary key (consumer, message_key)
);

create table emails (
    dedupe_key     text primary key constraint emails_dedupe_key_length check (char_length(dedupe_key) between 1 and 255),
    kind           text not null,
    status         text not null constraint emails_status_known check (status in ('claimed', 'sent', 'failed')),
    claim_token    uuid not null,
    claimed_until  timestamptz not null,
    attempts       integer not null default 1,
    ses_message_id text,
    failure        text,
    created_at     timestamptz not null default now(),
    sent_at        timestamptz,
    constraint emails_sent_has_receipt check ((status = 'sent') = (sent_at is not null and ses_message_id is not null)),
    constraint emails_failed_has_reason check ((status = 'failed') = (failure is not null))
);
