-- Amounts are in minor units (cents) of the account's currency.
create table account (
  user_id   uuid        primary key,
  owner     text        not null, -- the customer's name when the account was opened
  balance   bigint      not null check (balance >= 0),
  currency  text        not null default 'EUR',
  opened_at timestamptz not null default now()
);

-- The verdict on each order, written once.
create table bill (
  order_id  uuid        primary key,
  user_id   uuid        not null references account,
  amount    bigint      not null check (amount > 0),
  verdict   text        not null check (verdict in ('PAYED', 'DECLINED')),
  reason    text        check ((reason is not null) = (verdict = 'DECLINED')),
  billed_at timestamptz not null default now()
);

-- The ledger: the entries of an account always add up to its balance.
create table entry (
  entry_id  bigint      generated always as identity primary key,
  user_id   uuid        not null references account,
  order_id  uuid        unique references bill, -- none: the opening credit
  amount    bigint      not null,               -- positive: credit, negative: debit
  entered_at timestamptz not null default now()
);
create index entry_of_account on entry (user_id);

create function utc(at timestamptz) returns text stable
  return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create function account_document(a account) returns json stable
  return json_strip_nulls(json_build_object(
    'userId', a.user_id, 'owner', a.owner, 'balance', a.balance, 'currency', a.currency,
    'openedAt', utc(a.opened_at),
    'entries', (
      select json_agg(json_build_object(
               'kind', case when e.order_id is null then 'OPENING_CREDIT' else 'DEBIT' end,
               'orderId', e.order_id, 'amount', e.amount, 'at', utc(e.entered_at)) order by e.entry_id)
      from entry e where e.user_id = a.user_id)));
