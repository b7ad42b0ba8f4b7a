-- Prices are in minor units (cents) of the currency.
create table product (
  sku        text   primary key,
  name       text   not null,
  unit_price bigint not null check (unit_price > 0),
  currency   text   not null default 'EUR' check (currency = 'EUR')
);
insert into product (sku, name, unit_price) values
  ('BOOK-1',   'Enterprise Integration Patterns', 5999),
  ('MUG-1',    'Mug with a camel',                1250),
  ('STICKER-1', 'Sheet of stickers',               300),
  ('SADDLE-1', 'Saddle',                         89900);

create table orders (
  order_id   uuid        primary key,
  request_id uuid        not null, -- event id of the OrderRequested that was judged
  user_id    uuid        not null,
  customer   jsonb,                -- {name, email} as they were when the order was made; none if the user is unknown
  lines      jsonb,                -- [{sku, name, quantity, unitPrice, amount}]; none if rejected
  total      bigint      check (total > 0),
  currency   text        not null default 'EUR',
  status     text        not null check (status in ('CREATED', 'PAYED', 'CANCELLED', 'REJECTED')),
  reason     text        check ((reason is not null) = (status in ('CANCELLED', 'REJECTED'))),
  history    jsonb       not null, -- [{status, at}], oldest first
  created_at timestamptz not null default now(),
  check (status = 'REJECTED' or (customer is not null and lines is not null and total is not null))
);

create function history_entry(status text) returns jsonb stable
  return jsonb_build_object('status', status,
    'at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));

create function order_document(o orders, status text, reason text, history jsonb) returns json immutable
  return json_strip_nulls(json_build_object(
    'orderId', o.order_id, 'userId', o.user_id, 'status', status, 'reason', reason,
    'customer', o.customer, 'lines', o.lines, 'total', o.total, 'currency', o.currency, 'history', history));

create function order_document(o orders) returns json immutable
  return order_document(o, o.status, o.reason, o.history);

-- The order as it was when it was created: what OrderCreated says, however often and however late it is said.
create function order_as_created(o orders) returns json immutable
  return order_document(o, 'CREATED', null, jsonb_build_array(o.history -> 0));
