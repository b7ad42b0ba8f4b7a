-- What became of a request to register: the registration that has its id, and whether this request made it.
select registration_document(r)::text as document, request_id = :#request as same_request from registration r where user_id = :#id
