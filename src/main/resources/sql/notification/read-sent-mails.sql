-- Which of the orders have a mail that the mail server took, and of which the event is not lost, since its mail was tried in the
-- last time: it is being sent, or tried again later. ids: separated by commas. againMs: the first wait of six, at most.
select json_build_object(
    'ids', coalesce(json_agg(distinct order_id) filter (where sent_at is not null), '[]'),
    'waiting', coalesce(json_agg(distinct order_id) filter (where sent_at is null and claimed_at
        > clock_timestamp() - interval '1 minute' - 6 * :#${variable.againMs}::float * interval '1 ms'), '[]'))::text
from mail where order_id = any (string_to_array(:#ids, ',')::uuid[])
