-- Opens the customer's account with the opening credit, once.
-- user: the answer of GET /users/{id}/, which is that of userId, or there is nothing to open. openingCredit: in minor units.
with new_account as (
  insert into account (user_id, owner, balance)
  select "userId", name, :#${variable.openingCredit}::bigint
  from jsonb_to_record(:#${variable.user}::jsonb) as "user" ("userId" uuid, name text)
  where "userId" = :#userId::uuid
  on conflict do nothing
  returning user_id, balance
)
insert into entry (user_id, amount)
select user_id, balance from new_account
