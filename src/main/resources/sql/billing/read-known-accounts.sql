-- Which of the users have an account. ids: separated by commas.
select json_build_object('ids', coalesce(json_agg(user_id), '[]'))::text
from account where user_id = any (string_to_array(:#ids, ',')::uuid[])
