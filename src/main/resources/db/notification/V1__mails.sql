-- Each mail that is owed to a customer, and when it was handed to the mail server.
create table mail (
  order_id    uuid        not null,
  kind        text        not null check (kind in ('OrderPayed', 'OrderCancelled')),
  message_id  text        not null unique, -- RFC 5322 Message-ID, the same for every try
  recorded_at timestamptz not null default now(),
  sent_at     timestamptz,
  primary key (order_id, kind)
);
