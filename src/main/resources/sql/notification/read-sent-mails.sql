-- Which of the orders have a mail that the mail server took. ids: separated by commas.
select json_build_object('ids', coalesce(json_agg(distinct order_id), '[]'))::text
from mail where order_id = any (string_to_array(:#ids, ',')::uuid[]) and sent_at is not null
