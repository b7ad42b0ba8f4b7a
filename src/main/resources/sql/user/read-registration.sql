select registration_document(r)::text from registration r where user_id = :#id
